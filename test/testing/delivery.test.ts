import { cpSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestbed, type NodeCall, type Stub, type Testbed } from '../../src/testing/index.js';
import { runFake } from '../cli/fake-cli.js';
import { tempDirectory } from '../support/temp-directory.js';
import { workflowBundle } from '../support/workflow-bundle.js';

const PROJECT = join(import.meta.dirname, '../fixtures/projects/delivery');
const FILE = join(PROJECT, '.archon/workflows/deliver.yaml');

/** A big issue that is fixed in the second round. */
const STUBS: Readonly<Record<string, Stub>> = {
  fetch: { title: 'Faster start', labels: ['big'] },
  triage: { size: 'big', title: 'Faster start' },
  fix: 'fixed',
  test: ({ iteration }: NodeCall) => (iteration === 2 ? 'GREEN' : 'red'),
  merged: '',
  quality__verdict: 'passed',
  regions: ['eu', 'us', 'asia'],
  probe: ({ environment }: NodeCall) => `${environment['ARGUMENTS']} lives`,
  announce: ({ script }: NodeCall) => script,
};

let testbed: Testbed;
beforeAll(async () => {
  testbed = await createTestbed({ workflowCode: workflowBundle() });
});
afterAll(() => testbed.close());

const deliver = (nodes: Readonly<Record<string, Stub>> = {}) =>
  testbed.run(FILE, { nodes: { ...STUBS, ...nodes }, otherwise: '', inputs: { issue: '7' } });

describe('a delivery of eighteen nodes: gates, rounds, an include, a script and a fan-out', () => {
  it('goes from issue to announcement', async () => {
    const run = await deliver();
    expect(run.warnings).toEqual([]);
    expect(run.waitingGates).toMatchObject([{ nodeId: 'design', message: 'Is Faster start worth it?' }]);
    await run.decide('design', 'approve');
    expect(run.node('rounds.test').calls).toHaveLength(2);
    expect(run.waitingGates).toMatchObject([{ nodeId: 'review', message: 'Release Faster start? passed' }]);
    await run.decide('review', 'approve', { text: 'well done' });
    expect(run.outcome).toMatchObject({ status: 'completed' });
    expect(run.node('patch').skipReason).toBe('when_condition');
    expect(run.node('rollout').json).toEqual(['eu lives', 'us lives', 'asia lives']);
    expect(run.subRuns).toHaveLength(3);
    expect(run.node('announce').output).toContain('well done');
    expect(run.node('quality__audit').calls[0]?.environment['INPUTS_LEVEL']).toBe('strict');
  });

  it('takes the short way with a small issue, and fails after a week without a reviewer', async () => {
    const run = await deliver({ triage: { size: 'small', title: 'A typo' } });
    expect(run.node('rounds').status).toBe('skipped');
    expect(run.waitingGates).toMatchObject([{ nodeId: 'review' }]);
    await run.skip('7 days');
    expect(run.outcome).toMatchObject({ status: 'failed' });
    expect(run.node('tidy').status).toBe('completed');
  });

  it('is gone through by a dry run', async () => {
    const argv = ['run', 'deliver', '--dry-run', '--default-stubs', '--input', 'issue=7', '--json'];
    const directory = realpathSync(tempDirectory());
    cpSync(PROJECT, directory, { recursive: true });
    const { stdout } = await runFake(argv, { directory });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, outcome: 'completed', missingStubs: [] });
  });
});
