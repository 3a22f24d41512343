import { randomFrom } from './random.js';

/** Done to the run that holds a path at that moment. */
const RUN_FAULTS = [
  'cancelRun',
  'Temporal cancel',
  'terminate',
  'reset of the open run',
  'reset of an old run',
  'deletion',
] as const;

/** Done to the stack. Those that last are undone after `lastsMs`. */
const STACK_FAULTS = [
  'worker SIGSTOP',
  'worker SIGTERM',
  'worker SIGKILL',
  'down',
  'Temporal SIGKILL',
  'Temporal away',
  'Postgres immediate',
  'network cut',
  'network silent',
  'network deaf',
  'second worker',
  'disk full',
] as const;

export type RunFaultKind = (typeof RUN_FAULTS)[number];
export type StackFaultKind = (typeof STACK_FAULTS)[number];

export interface PlannedFault {
  /** After the fault before has been mended. */
  readonly pauseMs: number;
  readonly kind: RunFaultKind | StackFaultKind;
  /** Which path, for a fault of a run. */
  readonly path: number;
  readonly lastsMs: number;
}

export const FAULT_KINDS: readonly PlannedFault['kind'][] = [...RUN_FAULTS, ...STACK_FAULTS];

export const isRunFault = (kind: PlannedFault['kind']): kind is RunFaultKind =>
  (RUN_FAULTS as readonly string[]).includes(kind);

/**
 * What is done to a stack with so many paths, without end: every kind once, then all again, in another order.
 * Equal seeds give equal plans.
 */
export function* planFrom(seed: number, paths: number): Generator<PlannedFault, never> {
  const random = randomFrom(seed).fork('faults');
  for (;;) {
    for (const kind of random.shuffled(FAULT_KINDS)) {
      yield {
        pauseMs: random.between(300, 2500),
        kind,
        path: random.between(0, paths - 1),
        lastsMs: random.pick([300, 1000, 3000, 6000]),
      };
    }
  }
}
