import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { PathQueue, QueuedRun } from '../../src/client/queue-reader.js';
import { RunError } from '../../src/core/errors.js';
import type { RunId } from '../../src/core/ids.js';
import { aDescription, aHolder, aRecord, endOf, RUN_ID, runFake, STARTED } from './fake-cli.js';

const OTHER_ID = 'aaaaaaaa-5d2b-4c1a-9f00-000000000009' as RunId;
const TICKET_ID = `ticket.${RUN_ID}`;

const aQueued = (facts: Partial<QueuedRun> = {}): QueuedRun => ({
  ...{ runId: RUN_ID, workflow: 'hello', workingPath: '/home/me/repo', startedBy: 'me@laptop' },
  ...{ enteredAt: STARTED, place: 2, queueLength: 3, temporalWorkflowId: TICKET_ID },
  ...facts,
});
const HOLDER = aHolder({ runId: OTHER_ID });
const QUEUE: PathQueue = { workingPath: '/home/me/repo', holder: HOLDER, runs: [aQueued()] };
const queues = () => Promise.resolve([QUEUE]);
const notFound = () => Promise.reject(new RunError('RUN_NOT_FOUND', 'no run has such an id'));
const findQueued = () => Promise.resolve([aQueued()]);

describe('status', () => {
  const list = () => Promise.resolve({ runs: [aRecord({ runId: OTHER_ID })], total: 1, leftOut: 0 });
  const describeRun = () => Promise.resolve(aDescription());
  const orchestrator = { list, queues, describe: describeRun };

  it('lists who waits after who runs, with place and holder', async () => {
    const { stdout } = await runFake(['status'], { orchestrator });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^aaaaaaaa {2}running/);
    expect(lines[2]).toMatch(
      /^7c1f2a9e {2}queued +hello +12m04s +place 2 of 3; held by run aaaaaaaa fix-issue \(me@laptop\) +\/home\/me\/repo$/,
    );
  });

  it('tells it with --json, too', async () => {
    const { stdout } = await runFake(['status', '--json'], { orchestrator });
    expect(JSON.parse(stdout)).toMatchObject({
      runs: [
        { runId: OTHER_ID, status: 'running' },
        { runId: RUN_ID, status: 'queued', place: 2, queueLength: 3, holder: { runId: OTHER_ID } },
      ],
      ...{ total: 2, queued: 1 },
    });
  });

  it('lists a run once that has just been started', async () => {
    const started = () => Promise.resolve({ runs: [aRecord()], total: 1, leftOut: 0 });
    const { stdout } = await runFake(['status', '--json'], {
      orchestrator: { ...orchestrator, list: started },
    });
    expect(JSON.parse(stdout)).toMatchObject({ runs: [{ runId: RUN_ID, status: 'running' }], queued: 0 });
  });

  it('says so when no queue answers', async () => {
    const silent = () => Promise.reject(new RunError('WORKER_UNAVAILABLE', 'away'));
    const result = await runFake(['status'], { orchestrator: { ...orchestrator, queues: silent } });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stdout).toContain('\nwho waits in queues cannot be asked now; see signalbox ps\n');
  });
});

describe('logs of a run that waits', () => {
  const waiting = { find: notFound, findQueued, queues };

  it('says that it does, and for whom', async () => {
    const result = await runFake(['logs', '7c1f'], { orchestrator: waiting });
    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(result.stderr).toBe(
      'waiting: place 2 of 3; the path is held by run aaaaaaaa fix-issue (me@laptop)\n',
    );
    const json = await runFake(['logs', '7c1f', '--json'], { orchestrator: waiting });
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      runId: RUN_ID,
      status: 'queued',
      place: 2,
      logs: [],
    });
  });

  it('says with -f whenever that has changed, and follows the run once it has its row', async () => {
    const record = aRecord({ outputRoot: tmpdir() });
    const found = [notFound, notFound, notFound];
    const result = await runFake(['logs', '-f', '7c1f'], {
      pause: () => Promise.resolve(),
      orchestrator: {
        ...waiting,
        find: () => found.shift()?.() ?? Promise.resolve(record),
        waitForTurn: (_, options) => {
          for (const place of [2, 1]) options?.onChange?.({ place, queueLength: place, holder: HOLDER });
          const ids = { runId: RUN_ID, temporalWorkflowId: 'run.x', temporalRunId: 'r' };
          return Promise.resolve({ kind: 'started', ...ids });
        },
        events: () => Promise.resolve([]),
        follow: () => Promise.resolve(endOf()),
      },
    });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('waiting: place 2 of 2; the path is held by run aaaaaaaa');
    expect(result.stderr).toContain('waiting: place 1 of 1; the path is held by run aaaaaaaa');
    expect(found).toEqual([]);
  });

  it('says with -f why it was not started', async () => {
    const waitForTurn = () => Promise.resolve({ kind: 'timedOut', runId: RUN_ID, afterMs: 1 } as const);
    const result = await runFake(['logs', '-f', '7c1f'], { orchestrator: { ...waiting, waitForTurn } });
    expect(result).toMatchObject({ exitCode: 75 });
    expect(result.stderr).toContain('WAIT_TIMED_OUT');
  });
});
