import { describe, expect, it } from 'vitest';
import type { RunDescription } from '../../src/contract/messages.js';
import { RunError } from '../../src/core/errors.js';
import type { RunFilter, RunRecord } from '../../src/ports/run-table.js';
import { aDescription, aRecord, RUN_ID, runFake } from './fake-cli.js';

function listing(...runs: RunRecord[]) {
  const asked: RunFilter[] = [];
  return {
    asked,
    list: (filter: RunFilter) => {
      asked.push(filter);
      return Promise.resolve({ runs, total: runs.length + 1, leftOut: 0 });
    },
  };
}

const nobodyWaits = () => Promise.resolve([]);

describe('status', () => {
  const described = listing(aRecord(), aRecord({ workflowName: 'theirs', temporalWorkflowId: null }));

  it('shows active runs of all paths, with what each is at', async () => {
    const result = await runFake(['status'], {
      orchestrator: {
        list: described.list,
        describe: () => Promise.resolve(aDescription()),
        queues: nobodyWaits,
      },
    });
    expect(described.asked).toEqual([
      {
        ...{ workingPath: null, statuses: ['pending', 'running', 'paused'] },
        ...{ subRuns: 'no-items', limit: 50 },
      },
    ]);
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toMatchInlineSnapshot(`
      "RUN       STATUS   WORKFLOW   SINCE   AT            PATH
      7c1f2a9e  running  fix-issue  12m04s  build (bash)  /home/me/repo
      7c1f2a9e  running  theirs     12m04s  -             /home/me/repo
      1 more: signalbox runs --all --limit 3
      "
    `);
  });

  const wideNodes = (size: number) =>
    Array.from({ length: size }, (_, index) => ({
      ...{ nodeId: `n${index}`, kind: 'bash', status: 'running', attempt: 1 },
    })) as RunDescription['nodes'];
  const waitingAt = (nodes: RunDescription['nodes'], withoutPermit: readonly string[]) => ({
    list: listing(aRecord()).list,
    describe: () => Promise.resolve(aDescription({ nodes })),
    waitingForPermit: () => Promise.resolve(withoutPermit),
    queues: nobodyWaits,
  });

  it('shows which nodes wait for a permit, behind those at work', async () => {
    const orchestrator = waitingAt(wideNodes(3), ['n0', 'n2']);
    const { stdout } = await runFake(['status'], { orchestrator });
    expect(stdout).toContain('n1 (bash); 2 without a permit: n0, n2  /home/me/repo\n');
    const json = await runFake(['status', '--json'], { orchestrator });
    expect(JSON.parse(json.stdout)).toMatchObject({
      runs: [
        {
          live: {
            nodes: [
              { nodeId: 'n0', status: 'running', waitsFor: 'permit' },
              { nodeId: 'n1', status: 'running', waitsFor: null },
              { nodeId: 'n2', status: 'running', waitsFor: 'permit' },
            ],
          },
        },
      ],
    });
  });

  it('names five of two hundred nodes at work, and says how many wait for a permit', async () => {
    const withoutPermit = wideNodes(196).map(({ nodeId }) => nodeId);
    const { stdout } = await runFake(['status'], { orchestrator: waitingAt(wideNodes(200), withoutPermit) });
    expect(stdout).toContain(
      'n196 (bash), n197 (bash), n198 (bash), n199 (bash); ' +
        '196 without a permit: n0, n1, n2, n3, n4 and 191 more  /home/me/repo\n',
    );
    const { stdout: allAtWork } = await runFake(['status'], { orchestrator: waitingAt(wideNodes(6), []) });
    expect(allAtWork).toContain('n4 (bash) and 1 more  /home/me/repo\n');
  });

  it('shows in which iteration a loop is, beside what is at work in it', async () => {
    const nodes: RunDescription['nodes'] = [
      { nodeId: 'mend', kind: 'loop_group', status: 'looping', attempt: null, iteration: 3 },
      { nodeId: 'mend.test', kind: 'bash', status: 'running', attempt: 1 },
    ];
    const { stdout } = await runFake(['status'], { orchestrator: waitingAt(nodes, ['mend.test']) });
    expect(stdout).toContain('mend (loop_group, iteration 3); 1 without a permit: mend.test  /');
  });

  it('shows what the table tells when a run does not answer', async () => {
    const orchestrator = {
      list: listing(aRecord()).list,
      describe: () => Promise.reject(new RunError('TEMPORAL_UNREACHABLE', 'away')),
      queues: () => Promise.reject(new RunError('TEMPORAL_UNREACHABLE', 'away')),
    };
    const { stdout } = await runFake(['status'], { orchestrator });
    expect(stdout).toContain('7c1f2a9e  running  fix-issue  12m04s  does not answer now  /home/me/repo\n');
    const result = await runFake(['status', '--json'], { orchestrator });
    expect(JSON.parse(result.stdout)).toMatchObject({
      ok: true,
      runs: [{ runId: RUN_ID, workflow: 'fix-issue', status: 'running', live: null }],
      total: 2,
      queued: null,
    });
  });

  it('says so when nothing is active', async () => {
    const result = await runFake(['status'], {
      orchestrator: { list: () => Promise.resolve({ runs: [], total: 0, leftOut: 0 }), queues: nobodyWaits },
    });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'no active runs\n' });
  });
});
