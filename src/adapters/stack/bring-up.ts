import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isErrorCode, RunError } from '../../core/errors.js';
import type { Progress } from '../../ports/stack.js';
import { fullDisk, unusableDirectory } from './failure.js';
import { logFile, makeLayout, type StackLayout } from './layout.js';
import { currentHolder, isHeld } from './life-lock.js';
import { logSize, logTail } from './log-file.js';
import type { StackOptions } from './options.js';
import { readState, type StackState } from './stack-state.js';

const POLL_MS = 20;
const STARTS = 4;
/** A supervisor takes the lock within a moment of its start, or it is none. */
const LOCK_WITHIN_MS = 30_000;

/**
 * Brings a stack up, or follows whoever is bringing it up: of several that race, one supervisor gets the lock, and
 * all wait for it.
 * @throws RunError with which the supervisor gave up, or `STACK_SUPERVISOR_LOST`
 */
export async function bringUp(options: StackOptions, progress: Progress): Promise<StackState> {
  const layout = makeLayout(options.home);
  const before = readState(layout.stateFile);
  const follower = new Follower(layout, before?.phase === 'failed' ? before.lock : null, progress);
  const logFrom = logSize(logFile(layout, 'supervisor'));
  for (let start = 1; start <= STARTS; start += 1) {
    const supervisor = currentHolder(layout.locks) === null ? await startSupervisor(layout, options) : null;
    const state = await follower.untilUp(supervisor);
    if (state !== null) return state;
  }
  throw lost(layout, logFrom);
}

async function startSupervisor(layout: StackLayout, options: StackOptions): Promise<ChildProcess> {
  const [program = '', ...args] = options.supervisorCommand;
  const log = openSync(logFile(layout, 'supervisor'), 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: layout.home,
      env: { ...options.environment },
      detached: true,
      stdio: ['ignore', log, log],
    });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    return child;
  } catch (error) {
    throw unusableDirectory(program, error);
  } finally {
    closeSync(log);
  }
}

/** Watches the state file on behalf of one waiting person. */
class Follower {
  private told = { lock: '', lines: 0 };

  /** @param oldFailure lock of a supervisor that gave up before we came: its failure is not our answer */
  constructor(
    private readonly layout: StackLayout,
    private readonly oldFailure: string | null,
    private readonly progress: Progress,
  ) {}

  /** The state once it is up; null when nobody is bringing it up any more. */
  async untilUp(supervisor: ChildProcess | null): Promise<StackState | null> {
    const giveUpAt = performance.now() + LOCK_WITHIN_MS;
    for (;;) {
      // In this order: what a supervisor wrote before it released its lock is seen.
      const isAlone = supervisor === null || hasEnded(supervisor) || performance.now() > giveUpAt;
      const isOver = isAlone && currentHolder(this.layout.locks) === null;
      const state = readState(this.layout.stateFile);
      if (state !== null) {
        this.tell(state);
        if (isOver) this.throwFailure(state);
        if (state.phase === 'up' && isHeld(state.lock)) return state;
      }
      if (isOver) return null;
      await delay(POLL_MS);
    }
  }

  private tell(state: StackState): void {
    if (!isHeld(state.lock) && state.lock !== this.told.lock) return;
    if (state.lock !== this.told.lock) this.told = { lock: state.lock, lines: 0 };
    for (const line of state.lines.slice(this.told.lines)) this.progress(line);
    this.told.lines = state.lines.length;
  }

  private throwFailure({ phase, lock, failure }: StackState): void {
    if (phase !== 'failed' || failure === null || lock === this.oldFailure) return;
    const code = isErrorCode(failure.code) ? failure.code : 'INTERNAL';
    throw new RunError(code, failure.message, { ...failure.details });
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function lost(layout: StackLayout, logFrom: number): RunError {
  makeLayout(layout.home); // throws where the reason is that nothing can be written
  const full = fullDisk(layout.home);
  if (full !== null) return full;
  const file = logFile(layout, 'supervisor');
  const log = logTail(file, logFrom);
  const lines = [
    'The supervisor of the local stack ended before the stack was up. Try again.',
    `The end of ${file}:`,
  ];
  return new RunError('STACK_SUPERVISOR_LOST', [...lines, ...log.map((line) => `  ${line}`)].join('\n'), {
    log,
  });
}
