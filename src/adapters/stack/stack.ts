import { RunError } from '../../core/errors.js';
import type { Progress, Stack, StackEndpoints, StackPart } from '../../ports/stack.js';
import { bringUp } from './bring-up.js';
import { foreignEndpoints, sameSettings, settingsOf } from './endpoints.js';
import { unusableDirectory } from './failure.js';
import { findLayout } from './layout.js';
import { isHeld } from './life-lock.js';
import type { StackOptions } from './options.js';
import { viewParts } from './parts-view.js';
import { readState, type StackState } from './stack-state.js';
import { takeDown } from './take-down.js';

/** The local stack under one home, seen from any process of its user. */
export function createStack(options: StackOptions): Stack {
  const settings = settingsOf(options);
  const foreign = foreignEndpoints(settings);

  /** The state of a living stack; null when nobody keeps one. */
  const living = (): StackState | null => {
    const layout = findLayout(options.home);
    const state = layout && readState(layout.stateFile);
    return state !== null && isHeld(state.lock) ? state : null;
  };

  const fitting = (state: StackState): StackEndpoints => {
    if (!sameSettings(state.settings, settings)) throw settingsDiffer();
    if (state.endpoints === null)
      throw new RunError('INTERNAL', 'the local stack is up and has no endpoints');
    return state.endpoints;
  };

  const ensure = async (progress: Progress): Promise<StackEndpoints> => {
    if (foreign !== null) return foreign;
    const state = living();
    return fitting(state?.phase === 'up' ? state : await bringUp(options, progress));
  };

  const down = async (progress: Progress): Promise<void> => {
    const layout = findLayout(options.home);
    if (layout !== null) await takeDown(layout, progress);
  };

  const up = async (progress: Progress): Promise<StackEndpoints> => {
    const state = living();
    if (state !== null && options.version !== undefined && state.version !== options.version) {
      progress(`replacing the stack that version ${state.version ?? 'unknown'} started`);
      await down(progress);
    }
    return ensure(progress);
  };

  const ps = (): readonly StackPart[] => {
    const layout = findLayout(options.home);
    return layout === null ? [] : viewParts(layout);
  };

  return {
    ensure: (progress) => explained(options.home, () => ensure(progress)),
    up: (progress) => explained(options.home, () => up(progress)),
    down: (progress) => explained(options.home, () => down(progress)),
    ps: () => explained(options.home, ps),
    endpoints: () => explained(options.home, () => foreign ?? living()?.endpoints ?? null),
  };
}

/** What the system refuses, as a sentence with a code. */
async function explained<T>(home: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw unusableDirectory(home, error);
  }
}

function settingsDiffer(): RunError {
  return new RunError(
    'STACK_SETTINGS_DIFFER',
    'The local stack is up, but was started for another TEMPORAL_ADDRESS, namespace or DATABASE_URL. Run signalbox down first, or name another SIGNALBOX_HOME.',
  );
}
