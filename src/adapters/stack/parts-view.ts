import type { StackPart } from '../../ports/stack.js';
import type { StackLayout } from './layout.js';
import { isHeld } from './life-lock.js';
import { currentRealm, isAlive, type ProcessIdentity } from './process-identity.js';
import { readState, type PartRecord, type StackState } from './stack-state.js';

/** The parts as they are now: what is on file, corrected by whether the processes live. */
export function viewParts(layout: StackLayout): StackPart[] {
  const state = readState(layout.stateFile);
  if (state === null) return [];
  const isSupervised = isHeld(state.lock);
  const parts = state.parts.map((part) => viewPart(part, isSupervised));
  return [viewSupervisor(state, isSupervised), ...parts];
}

function viewSupervisor(state: StackState, isSupervised: boolean): StackPart {
  const phases = {
    starting: 'starting',
    up: 'running',
    stopping: 'stopping',
    down: 'stopped',
    failed: 'stopped',
  } as const;
  return {
    name: 'supervisor',
    state: isSupervised ? phases[state.phase] : 'stopped',
    pid: isSupervised ? state.supervisor.pid : null,
    address: null,
    since: state.since,
    restarts: 0,
    detail: state.failure?.message ?? (isSupervised || state.phase === 'down' ? '' : 'it was killed'),
  };
}

function viewPart(part: PartRecord, isSupervised: boolean): StackPart {
  const { name, address, since, restarts, detail, process } = part;
  const lives = process !== null && (isAlive(process) || (isSupervised && isElsewhere(process)));
  const common = { name, since, restarts, detail, pid: lives ? process.pid : null };
  if (isSupervised) return { ...common, state: part.state, address };
  return { ...common, state: lives ? 'orphaned' : 'stopped', address: lives ? address : null };
}

/** Seen from inside a PID namespace, only the supervisor's word counts. */
function isElsewhere(process: ProcessIdentity): boolean {
  return process.realm !== currentRealm();
}
