import { describe, expect, it } from 'vitest';
import type { ResumeOptions } from '../../src/client/orchestrator.js';
import type { RunId } from '../../src/core/ids.js';
import type { RunFilter, RunRecord } from '../../src/ports/run-table.js';
import { aRecord, HELLO, RUN_ID, runFake, useDirectory, type FakeWorld } from './fake-cli.js';

let directory: string;
useDirectory({ 'hello.yaml': HELLO }, (made) => {
  directory = made;
});

const OLDER = '00000000-5d2b-4c1a-9f00-000000000001' as RunId;

/** A machine with runs, newest first; what is asked of it stands in `filters` and `resumed`. */
function worldOf(...runs: readonly Partial<RunRecord>[]) {
  const filters: RunFilter[] = [];
  const resumed: ResumeOptions[] = [];
  const world: FakeWorld = {
    directory,
    orchestrator: {
      list: (filter) => {
        filters.push(filter);
        const records = runs.map((over) => aRecord({ status: 'failed', ...over }));
        return Promise.resolve({ runs: records, total: records.length, leftOut: 0 });
      },
      find: (runId) => Promise.resolve(aRecord({ runId: runId as RunId, status: 'failed' })),
      events: () => Promise.resolve([]),
      resume: (options) => {
        resumed.push(options);
        return Promise.resolve({
          ...{ kind: 'started', runId: options.runId, workflow: 'hello', workingPath: directory },
          ...{ temporalWorkflowId: 'run.x', warnings: [], finishedNodes: [] },
        });
      },
    },
  };
  return { world, filters, resumed };
}

describe('run --resume', () => {
  it('lets the newest run of that name go on that failed or waits in this directory', async () => {
    const { world, filters, resumed } = worldOf(
      { workflowName: 'other' },
      { workflowName: 'hello', runId: RUN_ID },
      { workflowName: 'hello', runId: OLDER },
    );
    const result = await runFake(['run', 'hello', '--resume', '--detach', '--json'], world);
    expect(result.exitCode, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ ok: true, runId: RUN_ID });
    expect(filters).toMatchObject([
      { workingPath: directory, statuses: ['failed', 'cancelled', 'paused'], subRuns: 'none' },
    ]);
    expect(resumed).toMatchObject([{ runId: RUN_ID }]);
  });

  it('takes one that was cancelled or terminated, and none that a reviewer has rejected', async () => {
    const rejected = { workflowName: 'hello', runId: OLDER, metadata: { signalbox: { isRejected: true } } };
    const { world, resumed } = worldOf(rejected, {
      ...{ workflowName: 'hello', runId: RUN_ID, status: 'cancelled' },
    });
    const result = await runFake(['run', 'hello', '--resume', '--detach', '--json'], world);
    expect(result.exitCode, result.stderr).toBe(0);
    expect(resumed).toMatchObject([{ runId: RUN_ID }]);
  });

  it.each([
    ['a part of the name of one that may be run', 'hel', 'hello'],
    ['another case', 'HELLO', 'hello'],
    ['the end of the name of one whose file is gone', 'lost', 'team-lost'],
  ])('takes %s', async (_, typed, meant) => {
    const { world, resumed } = worldOf(
      { workflowName: 'other', runId: OLDER },
      { workflowName: meant, runId: RUN_ID },
    );
    const result = await runFake(['run', typed, '--resume', '--detach', '--json'], world);
    expect(result.exitCode, result.stderr).toBe(0);
    expect(resumed).toMatchObject([{ runId: RUN_ID }]);
  });

  it('refuses a part of several names', async () => {
    const { world, resumed } = worldOf({ workflowName: 'a-lost' }, { workflowName: 'b-lost' });
    const result = await runFake(['run', 'lost', '--resume'], world);
    expect(result.exitCode).toBe(64);
    expect(result.stderr).toContain('workflow lost may be any of: a-lost, b-lost');
    expect(resumed).toEqual([]);
  });

  it.each([[[]], [[{ workflowName: 'other' }]]])(
    'finds none among %j, and says how to go on',
    async (runs) => {
      const { world, resumed } = worldOf(...runs);
      const result = await runFake(['run', 'hello', '--resume'], world);
      expect(result.exitCode).toBe(64);
      expect(result.stderr).toContain(`no run of hello has failed, was ended or waits in ${directory}`);
      expect(result.stderr).toContain('(RUN_NOT_FOUND)');
      expect(resumed).toEqual([]);
    },
  );
});
