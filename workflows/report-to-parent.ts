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
  /** Null: the parent knows it already, or it is over. */
  const untold = (): ChildMessage | null => {
    const message = { runId, isPaused: runStatus(run.state) === 'paused', gates: waiting() };
    return keyOf(message) === told || run.state.outcome !== null ? null : message;
  };
  const tellOn = async (first: ChildMessage): Promise<void> => {
    isTelling = true;
    for (let message: ChildMessage | null = first; message !== null; message = untold()) {
      told = keyOf(message);
      await send(message);
    }
    isTelling = false;
  };
  const tell = (): void => {
    const message = isTelling ? null : untold();
    if (message !== null) void tellOn(message);
  };
  return {
    tell,
    repeat: () => {
      told = '';
      tell();
    },
    tellEnd: async () => {
      const { outcome } = run.state;
      const endedBy = outcome && wordsForParent(run.definition, outcome);
      if (endedBy !== null) await send({ runId, isPaused: false, gates: [], endedBy });
    },
  };
}

const keyOf = (message: ChildMessage): string => JSON.stringify(message);
