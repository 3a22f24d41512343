import { describe, expect, it } from 'vitest';
import { withFormer, type ChildRecord } from '../../../src/core/subrun/former-children.js';
import { aPlan, aRunId } from '../../support/subrun-shapes.js';

const record = (over: Partial<ChildRecord>): ChildRecord => ({
  ...{ runId: aRunId(1), index: 0, hash: 'hash of a', status: 'failed', epoch: '7' },
  ...{ metadata: { error: 'no disk' } },
  ...over,
});

const formerOf = (...records: readonly ChildRecord[]) => withFormer([aPlan('a')], 0, records)[0]?.former;

describe('what an earlier generation has left of an item', () => {
  it('is its output, if it has completed', () => {
    const metadata = { summary: '{"n":1}', summary_value: { n: 1 } };
    expect(formerOf(record({ status: 'completed', metadata }))).toEqual({
      ...{ kind: 'completed', runId: aRunId(1), isStructured: true },
      output: { kind: 'inline', text: '{"n":1}' },
    });
  });

  it('is the file of its output, if that is large', () => {
    const file = { path: '/out', bytes: 70_000, sha256: 'ab' };
    const metadata = { summary: 'beginning', signalbox: { resultFile: file } };
    expect(formerOf(record({ status: 'completed', metadata }))).toMatchObject({
      output: { kind: 'file', ...file, excerpt: 'beginning' },
    });
  });

  it.each(['failed', 'cancelled', 'running'])('is to be resumed, if it is %s', (status) => {
    expect(formerOf(record({ status }))).toMatchObject({ kind: 'ended', runId: aRunId(1), epoch: '7' });
  });

  it.each([
    ['another item', record({ hash: 'hash of b' })],
    ['another position', record({ index: 1 })],
    ['a row that is gone', record({ status: 'completed', metadata: null })],
  ])('is nothing for %s', (_, one) => {
    expect(formerOf(one)).toBeNull();
  });

  it('is that of the last of several', () => {
    const last = record({ runId: aRunId(2), status: 'completed', metadata: {} });
    expect(formerOf(record({}), last)).toMatchObject({ kind: 'completed', runId: aRunId(2) });
  });
});
