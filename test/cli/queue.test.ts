import { describe, expect, it } from 'vitest';
import type { StartResult } from '../../src/client/orchestrator.js';
import type { QueuedRun } from '../../src/client/queue-reader.js';
import { RunError } from '../../src/core/errors.js';
import type { RunId } from '../../src/core/ids.js';
import {
  aHolder,
  endOf,
  HELLO,
  RUN_ID,
  runFake,
  shortPause,
  STARTED,
  started,
  TEMPORAL_ID,
  useDirectory,
  type FakeWorld,
} from './fake-cli.js';

let directory: string;
useDirectory({ 'hello.yaml': HELLO }, (made) => {
  directory = made;
});

const TICKET_ID = `ticket.${RUN_ID}`;
const OTHER_ID = 'aaaaaaaa-5d2b-4c1a-9f00-000000000009' as RunId;

const aQueued = (facts: Partial<QueuedRun> = {}): QueuedRun => ({
  runId: RUN_ID,
  workflow: 'hello',
  workingPath: '/home/me/repo',
  startedBy: 'me@laptop',
  enteredAt: STARTED,
  place: 2,
  queueLength: 3,
  temporalWorkflowId: TICKET_ID,
  ...facts,
});

const queued: StartResult = {
  kind: 'queued',
  runId: RUN_ID,
  workflow: 'hello',
  workingPath: '/home/me/repo',
  temporalWorkflowId: TICKET_ID,
  place: 2,
  warnings: [],
};

/** A start that queues, and then whatever `world` says. */
const queueing = (orchestrator: FakeWorld['orchestrator'], over: FakeWorld = {}): FakeWorld => ({
  directory,
  orchestrator: { start: () => Promise.resolve(queued), ...orchestrator },
  ...over,
});

describe('run --on-busy wait', () => {
  it('asks for a place, and says where it is at every change, then follows the run', async () => {
    const asked: unknown[] = [];
    const result = await runFake(['run', 'hello', '--on-busy', 'wait', '--wait-timeout', '1h30m'], {
      directory,
      orchestrator: {
        start: (options) => {
          asked.push([options.onBusy, options.waitTimeoutMs]);
          return Promise.resolve(queued);
        },
        waitForTurn: (runId, options) => {
          const holder = aHolder({ runId: OTHER_ID });
          options?.onChange?.({ place: 2, queueLength: 3, holder });
          options?.onChange?.({ place: 1, queueLength: 2, holder: aHolder({ runId: null }) });
          options?.onChange?.({ place: 1, queueLength: null, holder: null });
          return Promise.resolve({
            kind: 'started',
            runId,
            temporalWorkflowId: TEMPORAL_ID,
            temporalRunId: 'x',
          });
        },
        follow: () => Promise.resolve(endOf({ output: 'hi' })),
      },
    });
    expect(asked).toEqual([['wait', 5_400_000]]);
    expect(result).toMatchObject({ exitCode: 0, stdout: 'hi\n' });
    expect(result.stderr.split('\n').slice(0, 6)).toEqual([
      'hello · run 7c1f2a9e · /home/me/repo',
      '  leave    signalbox queue leave 7c1f2a9e',
      'waiting: place 2 of 3; the path is held by run aaaaaaaa fix-issue (me@laptop)',
      `waiting: place 1 of 2; the path is held by an execution that signalbox did not start (${TEMPORAL_ID})`,
      'waiting: place 1 of 1',
      'the path is free; run 7c1f2a9e has started',
    ]);
  });

  it.each([
    [{ kind: 'timedOut', runId: RUN_ID, afterMs: 90_000 }, 75, 'WAIT_TIMED_OUT', 'all the 1m30s'],
    [{ kind: 'refused', runId: RUN_ID, refusal: 'full' }, 75, 'QUEUE_FULL', '100 runs wait'],
    [{ kind: 'refused', runId: RUN_ID, refusal: 'dismissed' }, 1, 'RUN_CANCELLED', 'has ended the queue'],
    [{ kind: 'left', runId: RUN_ID, by: 'ann', reason: 'why not' }, 1, 'RUN_CANCELLED', 'by ann: why not'],
  ] as const)('ends as its wait does: %j', async (end, exitCode, code, words) => {
    const world = queueing({ waitForTurn: () => Promise.resolve(end) });
    const result = await runFake(['run', 'hello', '--on-busy', 'wait', '--json'], world);
    expect(result.exitCode).toBe(exitCode);
    expect(JSON.parse(result.stdout)).toMatchObject({ ok: false, runId: RUN_ID, error: { code } });
    expect((JSON.parse(result.stdout) as { error: { message: string } }).error.message).toContain(words);
  });

  it('hints at the worker when nothing is heard of its place', async () => {
    let isHinted = (): void => undefined;
    const hinted = new Promise<void>((resolve) => (isHinted = resolve));
    const world = queueing(
      { waitForTurn: () => hinted.then(() => ({ kind: 'timedOut', runId: RUN_ID, afterMs: 1 })) },
      {
        pause: () => {
          setImmediate(isHinted);
          return Promise.resolve();
        },
      },
    );
    const { stderr } = await runFake(['run', 'hello', '--on-busy', 'wait'], world);
    expect(stderr).toContain('no worker has given it its place yet; where none is running: signalbox up\n');
  });

  it('with --detach returns with the place, and how to give it up', async () => {
    const argv = ['run', 'hello', '--on-busy', 'wait', '--detach'];
    const result = await runFake(argv, queueing({}));
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toBe(
      'run 7c1f2a9e waits for its turn: hello in /home/me/repo\n' +
        '  see      signalbox get 7c1f2a9e\n  leave    signalbox queue leave 7c1f2a9e\n',
    );
    const json = JSON.parse((await runFake([...argv, '--json'], queueing({}))).stdout) as unknown;
    expect(json).toMatchObject({ ok: true, status: 'queued', place: 2, temporalWorkflowId: TICKET_ID });
  });

  /** Waits until it is told to stop. */
  const waitingUntilStopped = (orchestrator: FakeWorld['orchestrator'], presses: number): FakeWorld => {
    let interrupt: (signal: 'SIGINT') => void = () => undefined;
    let left = presses;
    const press = (): void => {
      left -= 1;
      if (left >= 0) interrupt('SIGINT');
    };
    return queueing(
      {
        waitForTurn: (_, options) =>
          new Promise((_resolve, reject) => {
            options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
            press();
          }),
        ...orchestrator,
      },
      {
        onListening: (listener) => (interrupt = listener),
        pause: (ms, signal) => {
          if (ms >= 5_000) return shortPause(ms, signal);
          press();
          return Promise.resolve();
        },
      },
    );
  };

  it('keeps its place at the first Ctrl-C, and says how to leave', async () => {
    const result = await runFake(['run', 'hello', '--on-busy', 'wait'], waitingUntilStopped({}, 1));
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toContain(
      'interrupted; run 7c1f2a9e keeps its place in the queue\n' +
        '  see      signalbox get 7c1f2a9e\n  leave    signalbox queue leave 7c1f2a9e        (or press Ctrl-C again now)\n',
    );
  });

  it('leaves at the second', async () => {
    const asked: unknown[] = [];
    const world = waitingUntilStopped(
      {
        leaveQueue: (runId, request) => {
          asked.push(request);
          return Promise.resolve({ runId, hasLeft: true });
        },
      },
      2,
    );
    const result = await runFake(['run', 'hello', '--on-busy', 'wait', '--json'], world);
    expect(result.exitCode).toBe(130);
    expect(asked).toEqual([{ by: 'me@laptop', reason: 'interrupted twice at the terminal' }]);
    expect(JSON.parse(result.stdout)).toMatchObject({ status: 'cancelled', error: { code: 'INTERRUPTED' } });
  });

  it('that has just got its turn when it leaves is cancelled', async () => {
    const cancelled: unknown[] = [];
    const world = waitingUntilStopped(
      {
        leaveQueue: (runId) => Promise.resolve({ runId, hasLeft: false }),
        cancel: (runId) => {
          cancelled.push(runId);
          return Promise.resolve({ runId, isFirst: true });
        },
        follow: () => Promise.resolve(endOf({ status: 'cancelled' })),
      },
      2,
    );
    const result = await runFake(['run', 'hello', '--on-busy', 'wait'], world);
    expect(result.exitCode).toBe(1);
    expect(cancelled).toEqual([RUN_ID]);
  });
});

describe('run --on-busy attach', () => {
  it('follows the run that is there, and leaves it alone when interrupted twice', async () => {
    let interrupt: (signal: 'SIGINT') => void = () => undefined;
    const result = await runFake(['run', 'hello', '--on-busy', 'attach'], {
      directory,
      onListening: (listener) => (interrupt = listener),
      orchestrator: {
        start: (options) =>
          Promise.resolve({ ...started(options), kind: 'attached', runId: OTHER_ID } as StartResult),
        follow: (_, options) =>
          new Promise((_resolve, reject) => {
            options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
            interrupt('SIGINT');
            interrupt('SIGINT');
          }),
      },
    });
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toContain('run aaaaaaaa · ');
    expect(result.stderr).toContain('runs already; attached');
    expect(result.stderr).toContain('interrupted; run aaaaaaaa goes on');
    expect(result.stderr).not.toContain('Ctrl-C again');
  });
});

describe('queue list', () => {
  const queue = {
    workingPath: '/home/me/repo',
    holder: aHolder({ runId: OTHER_ID }),
    runs: [aQueued({ place: 1, queueLength: 1 })],
  };

  it('tells of every path who waits for whom', async () => {
    const paths: unknown[] = [];
    const queues = (path: string | null) => {
      paths.push(path);
      return Promise.resolve([queue]);
    };
    const result = await runFake(['queue', 'list'], { orchestrator: { queues } });
    expect(result.stdout).toBe(
      [
        '/home/me/repo  1 waiting',
        '  held by run aaaaaaaa fix-issue (me@laptop)',
        '  #  RUN       WORKFLOW  WAITS   BY',
        '  1  7c1f2a9e  hello     12m04s  me@laptop',
        '',
      ].join('\n'),
    );
    const one = await runFake(['queue', 'list', '.', '--json'], { directory, orchestrator: { queues } });
    expect(paths).toEqual([null, directory]);
    expect(JSON.parse(one.stdout)).toMatchObject({
      ok: true,
      queues: [{ holder: { runId: OTHER_ID }, runs: [{ runId: RUN_ID, status: 'queued', place: 1 }] }],
    });
  });

  it('says so when nobody waits', async () => {
    const none = await runFake(['queue', 'list'], { orchestrator: { queues: () => Promise.resolve([]) } });
    expect(none).toMatchObject({ exitCode: 0, stdout: 'nobody waits\n' });
    const empty = await runFake(['queue', 'list', '.'], {
      directory,
      orchestrator: { queues: () => Promise.resolve([{ ...queue, holder: null, runs: [] }]) },
    });
    expect(empty.stdout).toBe('/home/me/repo  0 waiting\n  nobody holds it now\n');
  });
});

describe('a run that waits', () => {
  const find = () => Promise.reject(new RunError('RUN_NOT_FOUND', 'no run has such an id'));
  const findQueued = () => Promise.resolve([aQueued()]);

  it('is shown by get, with its place', async () => {
    const result = await runFake(['get', '7c1f'], { orchestrator: { find, findQueued } });
    expect(result.stdout).toBe(
      [
        `run        ${RUN_ID}`,
        'workflow   hello',
        'status     queued',
        'place      2 of 3',
        'path       /home/me/repo',
        'waits      since 2026-11-22 09:02:11 UTC (12m04s) by me@laptop',
        `temporal   ${TICKET_ID}`,
        'leave      signalbox queue leave 7c1f2a9e',
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['queue', 'leave', '7c1f', '--reason', 'later'],
    ['cancel', '7c1f', '--reason', 'later'],
  ])('leaves the queue by %s %s', async (...argv) => {
    const asked: unknown[] = [];
    const leaveQueue = (runId: RunId, request: object) => {
      asked.push([runId, request]);
      return Promise.resolve({ runId, hasLeft: true });
    };
    const result = await runFake(argv, { orchestrator: { find, findQueued, leaveQueue } });
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: '✓ run 7c1f2a9e (hello) has left the queue of /home/me/repo\n',
    });
    expect(asked).toEqual([[RUN_ID, { by: 'me@laptop', reason: 'later' }]]);
  });

  it('that has its turn at this very moment is not said to have left', async () => {
    const leaveQueue = (runId: RunId) => Promise.resolve({ runId, hasLeft: false });
    const result = await runFake(['queue', 'leave', '7c1f'], { orchestrator: { findQueued, leaveQueue } });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('does not wait any more');
    expect(result.stderr).toContain('signalbox cancel 7c1f2a9e (RUN_CLOSED)');
  });

  it('is named in full when a prefix fits several', async () => {
    const several = () => Promise.resolve([aQueued(), aQueued({ runId: OTHER_ID })]);
    const result = await runFake(['queue', 'leave', '7'], { orchestrator: { findQueued: several } });
    expect(result.exitCode).toBe(64);
    expect(result.stderr).toContain(`${RUN_ID}, ${OTHER_ID}`);
    const none = await runFake(['queue', 'leave', '7'], {
      orchestrator: { findQueued: () => Promise.resolve([]) },
    });
    expect(none.stderr).toContain('(RUN_NOT_FOUND)');
  });
});
