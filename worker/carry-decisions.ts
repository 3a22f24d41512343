import { setTimeout as wait } from 'node:timers/promises';
import { MESSAGES } from '../src/contract/messages.js';
import { RunError, type ErrorCode } from '../src/core/errors.js';
import { judgeForeign, type ForeignWord } from '../src/core/reconcile/judge-foreign.js';
import type { ChangedRun, ForeignChanges } from '../src/ports/foreign-changes.js';
import type { Logger } from '../src/ports/logger.js';
import type { RunScope } from '../src/ports/open-runs.js';
import { forEachInBatches } from './in-batches.js';
import type { PeriodicTask } from './periodic-tasks.js';

/** An update for a run. */
export interface RunUpdate {
  readonly name: string;
  readonly message: object;
  /** The same update, sent again, changes nothing. */
  readonly updateId: string;
}

export interface CarryParts {
  readonly scope: RunScope;
  readonly changes: ForeignChanges;
  /** Sends an update. @throws RunError what the run refused it with · `RUN_CLOSED` · what lies on the way */
  readonly send: (
    run: Pick<ChangedRun, 'runId' | 'temporalWorkflowId'>,
    update: RunUpdate,
  ) => Promise<unknown>;
  readonly logger: Logger;
}

/** A claim: Archon's rows do not say who it was. */
const BY = 'archon';

const POLL_EVERY_MS = 2_000;
const LISTEN_AGAIN_MS = 5_000;
/** Every event of every run calls: a busy machine is not asked more often than this. */
const LEAST_DISTANCE_MS = 200;

/** The run has gone on by itself: its own next write overrules the row. */
const TOO_LATE: readonly ErrorCode[] = ['GATE_NOT_WAITING', 'DECISION_ALREADY_MADE', 'RUN_CLOSED'];
/** Nothing is known of it: it is sent again. */
const ON_THE_WAY: readonly ErrorCode[] = ['WORKER_UNAVAILABLE', 'TEMPORAL_UNREACHABLE'];

/**
 * Carries into the runs what people told them with Archon's own command line or dashboard, which only write
 * rows: a decision at a gate, an abandon, a cancel. Repeats itself without effect until the run's next write.
 */
export async function carryDecisions(parts: CarryParts): Promise<void> {
  await forEachInBatches(
    await parts.changes.list(parts.scope),
    (run) => carryWordOf(parts, run),
    ({ runId }, error) => {
      parts.logger.warn({ runId, error }, "a word of Archon's tools is not carried yet");
    },
  );
}

async function carryWordOf(parts: CarryParts, run: ChangedRun): Promise<void> {
  const word = judgeForeign(run);
  if (word !== null) await carry(parts, run, word);
}

async function carry(parts: CarryParts, run: ChangedRun, word: ForeignWord): Promise<void> {
  try {
    await parts.send(run, updateOf(run, word));
  } catch (error) {
    if (!(error instanceof RunError) || ON_THE_WAY.includes(error.code)) throw error;
    if (!TOO_LATE.includes(error.code)) await refuse(parts, run, error);
  }
}

function updateOf({ runId, changeId }: ChangedRun, word: ForeignWord): RunUpdate {
  const updateId = `archon.${runId}.${changeId}`;
  if (word.kind === 'cancel') {
    return { name: MESSAGES.cancelUpdate, message: { by: BY, reason: word.reason }, updateId };
  }
  const { nodeId, decision, text } = word;
  return {
    name: MESSAGES.decideUpdate,
    message: { nodeId, decision, text, by: BY, isRecorded: true },
    updateId,
  };
}

/** The run will never take it: whoever looks at the gate sees it open again, unless they ended the run with it. */
async function refuse(
  { changes, send, logger }: CarryParts,
  run: ChangedRun,
  error: RunError,
): Promise<void> {
  logger.warn({ runId: run.runId, code: error.code }, "the run refused a decision of Archon's tools");
  if (run.status === 'cancelled') {
    const cancel: ForeignWord = { kind: 'cancel', reason: "rejected with Archon's tools" };
    await send(run, updateOf({ ...run, changeId: `${run.changeId}.cancel` }, cancel));
    return;
  }
  await changes.reopen(run.runId, `a decision made with Archon's tools was refused: ${error.message}`);
}

/** Twice: at once when Archon tells of an event, and every two seconds, since an abandon tells nothing. */
export function carryingTasks(parts: CarryParts): readonly PeriodicTask[] {
  return [
    { name: "carry words of Archon's tools", everyMs: POLL_EVERY_MS, run: () => carryDecisions(parts) },
    {
      name: "listen to Archon's tools",
      everyMs: LISTEN_AGAIN_MS,
      run: (signal) =>
        parts.changes.listen(
          onCall(() => carryDecisions(parts), parts.logger),
          signal,
        ),
    },
  ];
}

/** Does the work when called; calls that come meanwhile have it done once more, after a moment. */
function onCall(work: () => Promise<void>, logger: Logger): () => void {
  let isWanted = false;
  let isAtWork = false;
  const untilDone = async (): Promise<void> => {
    isAtWork = true;
    while (isWanted) {
      isWanted = false;
      await work().catch((error: unknown) => {
        logger.warn({ error }, "what Archon's tools wrote cannot be read now");
      });
      await wait(LEAST_DISTANCE_MS);
    }
    isAtWork = false;
  };
  return () => {
    isWanted = true;
    if (!isAtWork) void untilDone();
  };
}
