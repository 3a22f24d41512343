import { describe, expect, it } from 'vitest';
import type { FollowOptions, Orchestrator, RunEnd } from '../../src/client/orchestrator.js';
import { RunError } from '../../src/core/errors.js';
import {
  BASE,
  endOf,
  event,
  EVENTS,
  GATE,
  HELLO,
  orchestratorOf,
  RUN_ID,
  runFake,
  shortPause,
  started,
  type FakeWorld,
  useDirectory,
} from './fake-cli.js';

let directory: string;
useDirectory({ 'hello.yaml': HELLO }, (made) => {
  directory = made;
});

describe('a gate', () => {
  const paused = { status: 'paused', waiting: [GATE] } as const;

  it('ends a command that nobody watches with 0 and the commands that answer', async () => {
    const result = await runFake(['run', 'hello'], { directory, orchestrator: orchestratorOf([], paused) });
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toBe(
      [
        '⏸ review waits for a decision: Ship it?',
        '  approve  signalbox approve 7c1f2a9e',
        '  reject   signalbox reject 7c1f2a9e',
        '⏸ hello paused (run 7c1f2a9e, 0ms)',
        '',
      ].join('\n'),
    );
  });

  it('is part of the object with --json, even at a terminal', async () => {
    const result = await runFake(['run', 'hello', '--json'], {
      directory,
      answers: [],
      orchestrator: orchestratorOf([], paused),
    });
    expect(result).toMatchObject({ exitCode: 0, questions: [] });
    expect(JSON.parse(result.stdout)).toMatchObject({ ok: true, status: 'paused', waiting: [GATE] });
  });

  /** Follows to the pause, then (beside the question) until aborted, then to the end. */
  function asking(decide: Orchestrator['decide'], pause: Partial<RunEnd> = paused): Partial<Orchestrator> {
    let isDecided = false;
    const follow = (_: unknown, options?: FollowOptions): Promise<RunEnd> => {
      if (options?.stopWhenPaused !== true) {
        return new Promise((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
        });
      }
      for (const one of EVENTS.slice(0, 2)) options.onEvent?.(one);
      if (!isDecided) return Promise.resolve(endOf(pause));
      options.onEvent?.(event('approval_received', 'review', { decision: 'approved' }));
      return Promise.resolve(endOf({ output: 'done' }));
    };
    return {
      start: (options) => Promise.resolve(started(options)),
      follow,
      decide: async (...args) => {
        const answer = await decide(...args);
        isDecided = true;
        return answer;
      },
    };
  }

  it('is asked about at a terminal, and the run followed on without telling anything twice', async () => {
    const decisions: unknown[] = [];
    const result = await runFake(['run', 'hello'], {
      directory,
      answers: ['what?', 'app', 'looks good'],
      orchestrator: asking((runId, answer) => {
        decisions.push(answer);
        return Promise.resolve({ runId, nodeId: 'review', decision: answer.decision });
      }),
    });
    expect(decisions).toEqual([
      { nodeId: 'review', decision: 'approve', text: 'looks good', by: 'me@laptop' },
    ]);
    expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n' });
    expect(result.questions).toEqual([
      '  approve / reject: ',
      '  approve / reject: ',
      '  comment (may be empty): ',
    ]);
    expect(result.stderr).toContain('⏸ review asks:\n  Ship it?\n');
    expect(result.stderr.match(/\[greet\] started/g)).toHaveLength(1);
    expect(result.stderr).toContain('[review] decided: approved');
  });

  it('has its decisions asked by name and label', async () => {
    const waiting = [{ ...GATE, labels: { reject: 'Not yet' } }];
    const result = await runFake(['run', 'hello'], {
      directory,
      answers: [null],
      orchestrator: asking(() => Promise.reject(new Error('never')), { ...paused, waiting }),
    });
    expect(result.questions).toEqual(['  approve / reject (Not yet): ']);
    expect(result.stdout).toContain('  reject   signalbox reject 7c1f2a9e  # Not yet\n');
  });

  it('stays open when the person has nothing to say', async () => {
    const result = await runFake(['run', 'hello'], {
      directory,
      answers: [null],
      orchestrator: asking(() => Promise.reject(new Error('never'))),
    });
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain('⏸ hello paused');
  });

  it('that somebody else has answered is no error', async () => {
    let asked = 0;
    const world = asking(() => {
      asked += 1;
      return Promise.reject(new RunError('DECISION_ALREADY_MADE', 'review is decided'));
    });
    let ends = 0;
    const result = await runFake(['run', 'hello'], {
      directory,
      answers: ['approve', ''],
      orchestrator: {
        ...world,
        follow: (runId, options) => {
          if (options?.stopWhenPaused === true && (ends += 1) > 1) return Promise.resolve(endOf());
          return world.follow!(runId, options);
        },
      },
    });
    expect(asked).toBe(1);
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('(answered elsewhere)');
  });
});

describe('an interrupted run', () => {
  type Interrupt = Parameters<NonNullable<FakeWorld['onListening']>>[0];

  /** Starts, then hangs until the signal aborts; `onFollow` is where a test interrupts. */
  function hanging(onFollow: () => void, more: Partial<Orchestrator> = {}): Partial<Orchestrator> {
    return {
      start: (options) => Promise.resolve(started(options)),
      follow: (_, options) => {
        if (options?.signal === undefined) return Promise.resolve(endOf({ status: 'cancelled' }));
        const following = new Promise<RunEnd>((_resolve, reject) => {
          options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
        });
        onFollow();
        return following;
      },
      ...more,
    };
  }

  function interrupter(): { world: Pick<FakeWorld, 'onListening'>; press: Interrupt } {
    let interrupt: Interrupt = () => undefined;
    return {
      world: { onListening: (given) => (interrupt = given) },
      press: (signal) => interrupt(signal),
    };
  }

  it.each(['SIGINT', 'SIGTERM'] as const)('by %s goes on, and the command ends with 130', async (signal) => {
    const { world, press } = interrupter();
    const result = await runFake(['run', 'hello'], {
      directory,
      ...world,
      orchestrator: hanging(() => press(signal)),
    });
    expect(result).toMatchObject({ exitCode: 130, stdout: '' });
    expect(result.stderr).toContain('interrupted; run 7c1f2a9e goes on');
    expect(result.stderr).toContain('signalbox logs -f 7c1f2a9e');
    expect(result.stderr).toContain('signalbox cancel 7c1f2a9e');
  });

  it('is one object with --json', async () => {
    const { world, press } = interrupter();
    const result = await runFake(['run', 'hello', '--json'], {
      directory,
      ...world,
      orchestrator: hanging(() => press('SIGTERM')),
    });
    expect(JSON.parse(result.stdout)).toEqual({
      ok: false,
      ...BASE,
      status: 'running',
      workingPath: directory,
      output: null,
      error: { code: 'INTERRUPTED', message: 'interrupted; run 7c1f2a9e goes on' },
    });
  });

  it('is cancelled by a second Ctrl-C, and the command ends with 1', async () => {
    const { world, press } = interrupter();
    const cancels: unknown[] = [];
    const result = await runFake(['run', 'hello'], {
      directory,
      ...world,
      pause: (ms, signal) => {
        if (ms < 5_000) press('SIGINT');
        return shortPause(ms, signal);
      },
      orchestrator: hanging(() => press('SIGINT'), {
        cancel: (runId, request) => {
          cancels.push(request);
          return Promise.resolve({ runId, isFirst: true });
        },
      }),
    });
    expect(cancels).toEqual([{ by: 'me@laptop', reason: 'interrupted twice at the terminal' }]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('hello cancelled');
  });

  it('before anything was asked of Temporal is no run at all', async () => {
    const { world, press } = interrupter();
    const result = await runFake(['run', 'hello'], {
      directory,
      ...world,
      services: {
        orchestrator: () => {
          press('SIGINT');
          return new Promise(() => undefined);
        },
      },
    });
    expect(result).toMatchObject({ exitCode: 130, stderr: 'interrupted; nothing was started\n' });
  });

  it('while Temporal is being asked may have started, and its id is told', async () => {
    const { world, press } = interrupter();
    const result = await runFake(['run', 'hello'], {
      directory,
      ...world,
      orchestrator: {
        start: () => {
          press('SIGINT');
          return new Promise(() => undefined);
        },
      },
    });
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toContain(`run ${RUN_ID} may have started`);
  });
});

describe('a run that no worker takes', () => {
  it('is told with what starts one', async () => {
    const ends: (() => void)[] = [];
    const result = await runFake(['run', 'hello'], {
      directory,
      workerCommand: 'signalbox worker',
      pause: () => {
        setImmediate(() => ends.forEach((end) => end()));
        return Promise.resolve();
      },
      orchestrator: {
        start: (options) => Promise.resolve(started(options)),
        follow: () => new Promise((resolve) => ends.push(() => resolve(endOf()))),
      },
    });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain(
      'no worker has taken the run yet; where none is running: signalbox worker\n',
    );
  });
});
