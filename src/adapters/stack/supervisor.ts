import { existsSync } from 'node:fs';
import { ERROR_CODES, RunError } from '../../core/errors.js';
import { settingsOf } from './endpoints.js';
import { EmbeddedParts } from './embedded-parts.js';
import { systemFailure } from './failure.js';
import { clearLeftovers } from './leftovers.js';
import { logFile, makeLayout, type LogName, type StackLayout } from './layout.js';
import { acquireLock, type LifeLock } from './life-lock.js';
import { trimLog } from './log-file.js';
import type { SupervisorOptions } from './options.js';
import { isSystemError } from './private-file.js';
import { identityOf } from './process-identity.js';
import { readState, type StackState } from './stack-state.js';
import { StateBoard } from './state-board.js';

const TEND_EVERY_MS = 5000;
const LOGS: readonly LogName[] = ['supervisor', 'postgres', 'temporal', 'worker'];

/**
 * The life of the detached process that keeps one stack: takes the stack's lock, clears what an earlier supervisor
 * left, brings the parts up, starts again what dies, and on SIGTERM or SIGINT ends them all.
 * Its standard error is its log. Who waits for it reads the state file.
 * @returns the exit code: 0 after an orderly end, or at once when another supervisor is at work
 */
export async function runSupervisor(options: SupervisorOptions): Promise<number> {
  const layout = makeLayout(options.home);
  const lock = await acquireLock(layout.locks);
  if (lock === null) return 0;
  const end = new AbortController();
  const onSignal = () => end.abort();
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  const tending = setInterval(() => {
    for (const name of LOGS) trimLog(logFile(layout, name));
    // Without its lock a supervisor is invisible: whoever removed the home has ended the stack.
    if (!existsSync(lock.file)) end.abort();
  }, TEND_EVERY_MS);
  try {
    const board = new StateBoard(layout, openingState(layout, lock, options), () => new Date());
    return await supervise(layout, { options, board, end: end.signal });
  } finally {
    clearInterval(tending);
    for (const signal of signals) process.off(signal, onSignal);
    lock.release();
  }
}

interface Supervision {
  readonly options: SupervisorOptions;
  readonly board: StateBoard;
  readonly end: AbortSignal;
}

async function supervise(layout: StackLayout, { options, board, end }: Supervision): Promise<number> {
  const parts = new EmbeddedParts(layout, options, board);
  try {
    await clearLeftovers(layout, (line) => board.tell(line));
    board.change({ parts: [] });
    await parts.bringUp(end);
    board.change({ phase: 'up' });
    await aborted(end);
    board.change({ phase: 'stopping' });
    await parts.takeDown();
  } catch (error) {
    await parts.takeDown();
    if (!end.aborted) return giveUp(layout, board, error);
  }
  board.change({ phase: 'down', endpoints: null });
  return 0;
}

function giveUp(layout: StackLayout, board: StateBoard, error: unknown): number {
  const failure = asRunError(layout, error);
  console.error(error);
  board.change({
    phase: 'failed',
    endpoints: null,
    failure: { code: failure.code, message: failure.message, details: failure.details },
  });
  return ERROR_CODES[failure.code].exitCode;
}

function asRunError(layout: StackLayout, error: unknown): RunError {
  if (error instanceof RunError) return error;
  const known = isSystemError(error) ? systemFailure(layout.home, error) : null;
  const message = `The local stack did not come up: ${error instanceof Error ? error.message : String(error)}. See ${logFile(layout, 'supervisor')}.`;
  return known ?? new RunError('STACK_PART_FAILED', message, {}, { cause: error });
}

/** Ports stay from last time; so do the records of processes, until they are known to be gone. */
function openingState(layout: StackLayout, lock: LifeLock, options: SupervisorOptions): StackState {
  const before = readState(layout.stateFile);
  return {
    phase: 'starting',
    lock: lock.file,
    supervisor: identityOf(process.pid) ?? { pid: process.pid, startedAt: '', realm: '' },
    since: new Date().toISOString(),
    version: options.version ?? null,
    settings: settingsOf(options),
    ports: before?.ports ?? {},
    parts: before?.parts ?? [],
    endpoints: null,
    lines: [],
    failure: null,
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
