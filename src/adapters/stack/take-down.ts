import { RunError } from '../../core/errors.js';
import type { Progress } from '../../ports/stack.js';
import { waitUntil } from './ending.js';
import { clearLeftovers } from './leftovers.js';
import type { StackLayout } from './layout.js';
import { acquireLock, currentHolder, isHeld } from './life-lock.js';
import { currentRealm, isAlive, signalProcess } from './process-identity.js';
import { readState, writeState, type StackState } from './stack-state.js';

const ROUNDS = 5;
/** More than the sum of what the parts are given to end. */
const SUPERVISOR_WAIT_MS = 75_000;
const STATE_WAIT_MS = 10_000;

/**
 * Ends a stack and returns when none of its processes is left: through its supervisor where that lives, and then
 * by its record, for a supervisor may have been killed.
 * @throws RunError `STACK_NOT_OURS`, `STACK_PART_FAILED`, `STACK_SUPERVISOR_LOST`
 */
export async function takeDown(layout: StackLayout, progress: Progress): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const holder = currentHolder(layout.locks);
    if (holder !== null) {
      await endSupervisor(layout, holder, progress);
      continue;
    }
    const lock = await acquireLock(layout.locks);
    if (lock === null) continue;
    try {
      await clearLeftovers(layout, progress);
      recordDown(layout);
      return;
    } finally {
      lock.release();
    }
  }
  throw new RunError(
    'STACK_SUPERVISOR_LOST',
    'The local stack is brought up again as fast as it is taken down. End the programs that use it, and try again.',
  );
}

async function endSupervisor(layout: StackLayout, holder: string, progress: Progress): Promise<void> {
  // A supervisor that has just begun, or another `down`, has the lock but has not written a state.
  const isWritten = () => readState(layout.stateFile)?.lock === holder || !isHeld(holder);
  if (!(await waitUntil(isWritten, STATE_WAIT_MS))) return;
  const state = readState(layout.stateFile);
  if (state === null || !isHeld(holder)) return;
  progress(`ending the stack (supervisor pid ${state.supervisor.pid})`);
  if (!signalProcess(state.supervisor, 'SIGTERM')) refuseForeign(state, holder);
  const isGone = () => !isHeld(holder) && !isAlive(state.supervisor);
  if (await waitUntil(isGone, SUPERVISOR_WAIT_MS)) return;
  progress('the supervisor does not end; killing it');
  signalProcess(state.supervisor, 'SIGKILL');
  await waitUntil(isGone, STATE_WAIT_MS);
}

/** A supervisor that lives, yet takes no signal from us. */
function refuseForeign({ supervisor }: StackState, holder: string): void {
  if (!isHeld(holder)) return;
  const isElsewhere = supervisor.realm !== currentRealm();
  if (!isElsewhere && !isAlive(supervisor)) return; // it is just ending
  const why = isElsewhere ? 'lives in another PID namespace or container' : 'belongs to another user';
  const message = `The supervisor of this stack (pid ${supervisor.pid}) ${why}. Run signalbox down from where it was started.`;
  throw new RunError('STACK_NOT_OURS', message, { pid: supervisor.pid });
}

function recordDown(layout: StackLayout): void {
  const state = readState(layout.stateFile);
  if (state === null) return;
  const parts = state.parts.map((part) => ({ ...part, state: 'stopped', process: null }) as const);
  writeState(layout.stateFile, {
    ...state,
    phase: state.phase === 'failed' ? 'failed' : 'down',
    endpoints: null,
    parts,
  });
}
