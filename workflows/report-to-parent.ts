import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { MESSAGES, type ChildMessage, type WaitingGate } from '../src/contract/messages.js';
import type { StartRequest } from '../src/contract/start-request.js';
import { runStatus } from '../src/core/run/run-status.js';
import { wordsForParent } from '../src/core/subrun/words-for-parent.js';
import type { LiveRun } from './live-run.js';

/** What a sub-run tells its parent of itself. */
export interface Reports {
  /** Tells what it waits for, if that has changed. */
  readonly tell: () => void;
  /** Tells it again: the parent may have thought that a decision was taken. */
  readonly repeat: () => void;
  /** Tells who has ended it early, before it closes: Temporal would not. */
  readonly tellEnd: () => Promise<void>;
}

/** One report at a time, the newest: a parent never learns an old one after a newer. */
export function makeReports(
  { runId, parent }: StartRequest,
  run: LiveRun,
  waiting: () => readonly WaitingGate[],
): Reports {
  if (parent === undefined) {
    return { tell: () => undefined, repeat: () => undefined, tellEnd: () => Promise.resolve() };
  }
  const handle = getExternalWorkflowHandle(parent.temporalWorkflowId);
  let told = keyOf({ runId, isPaused: false, gates: [] });
  let isTelling = false;
  // Nobody may hear it any more: then the run is being ended.
  const send = (message: ChildMessage): Promise<void> =>
    handle.signal(MESSAGES.childSignal, message).catch(() => undefined);
  const tellOn = async (): Promise<void> => {
    if (isTelling) return;
    isTelling = true;
    for (;;) {
      const message: ChildMessage = { runId, isPaused: runStatus(run.state) === 'paused', gates: waiting() };
      const key = keyOf(message);
      if (key === told || run.state.outcome !== null) break;
      told = key;
      await send(message);
    }
    isTelling = false;
  };
  return {
    tell: () => void tellOn(),
    repeat: () => {
      told = '';
      void tellOn();
    },
    tellEnd: async () => {
      const { outcome } = run.state;
      const endedBy = outcome && wordsForParent(run.definition, outcome);
      if (endedBy !== null) await send({ runId, isPaused: false, gates: [], endedBy });
    },
  };
}

const keyOf = (message: ChildMessage): string => JSON.stringify(message);
