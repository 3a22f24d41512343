import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInitWords, parseInitWords, type InitWords } from '../../../src/core/lease/init-words.js';
import {
  formatClosing,
  formatOpenRecord,
  parseOwnerRecord,
  type OpenRecord,
} from '../../../src/core/lease/owner-record.js';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const count = fc.nat();
const claim = { temporalNamespaceId: text, temporalWorkflowId: text, runId: text, fenceToken: text };
const records: fc.Arbitrary<OpenRecord> = fc.record({
  version: fc.constant(1 as const),
  ...claim,
  ...{ fenceNumber: count, initPid: count, initStartTicks: count, level: fc.constantFrom(1, 2, 3) },
  ...{
    workingPath: text,
    pathKey: text,
    lockedPlace: text,
    temporalAddress: text,
    bootId: text,
    since: text,
  },
});
const CLOSED_AT = '2026-11-22T09:02:11.000Z';

describe('the owner record', () => {
  it('reads what it writes, open and closed', () => {
    fc.assert(
      fc.property(records, (record) => {
        const open = formatOpenRecord(record);
        expect(parseOwnerRecord(open)).toEqual({ ...record, closedAt: null });
        expect(parseOwnerRecord(`${open}${formatClosing(CLOSED_AT)}\n`)).toEqual({
          ...record,
          closedAt: CLOSED_AT,
        });
      }),
    );
  });

  it('counts a closing that was cut off as none, and a record that was cut off as damaged', () => {
    fc.assert(
      fc.property(records, fc.nat(), (record, at) => {
        const open = formatOpenRecord(record);
        const closing = formatClosing(CLOSED_AT);
        expect(parseOwnerRecord(`${open}${closing.slice(0, at % closing.length)}`)?.closedAt).toBeNull();
        expect(parseOwnerRecord(open.slice(0, at % (open.length - 1)))).toBeNull();
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['another version', JSON.stringify({ version: 2 })],
    ['a record without its fields', JSON.stringify({ version: 1, runId: 'r' })],
  ])('is not read from %s', (_what, line) => {
    expect(parseOwnerRecord(line)).toBeNull();
  });
});

describe("INIT's command line", () => {
  const shell = ['/usr/bin/bash', '--noprofile', '--norc', '-c', 'echo ready'];
  const words: fc.Arbitrary<InitWords> = fc.record({
    lockedPlace: fc.constant('64768:12'),
    level: fc.constantFrom(1, 2, 3),
    temporalNamespaceId: fc.uuid(),
    temporalWorkflowId: fc.constant('run.68656deb43f8cbb6ed458b5101933cec.me-repo'),
    runId: fc.uuid(),
    fenceToken: fc.uuid(),
  });
  const commandLine = (parts: readonly string[]): string => parts.map((part) => `${part}\0`).join('');

  it('tells everybody whose box it is', () => {
    fc.assert(
      fc.property(words, (whose) => {
        const parts = [...shell, ...formatInitWords(whose), '/home/me/.local/state/signalbox/box/x.json'];
        expect(parseInitWords(commandLine(parts))).toEqual(whose);
      }),
    );
  });

  it.each([
    ['the supervisor above INIT', ['/usr/bin/unshare', '--pid', ...shell]],
    ['another program', ['vim', 'signalbox-box', '1', 'a', '1', 'b', 'c', 'd', 'e']],
    ['no words', []],
  ])('is not read from %s', (_what, before) => {
    const [whose] = fc.sample(words, 1);
    expect(parseInitWords(commandLine([...before, ...formatInitWords(whose!)]))).toBeNull();
  });

  it('of another version is not read', () => {
    const newer = commandLine([...shell, 'signalbox-box', '2', 'a', '1', 'b', 'c', 'd', 'e']);
    expect(parseInitWords(newer)).toBeNull();
  });
});
