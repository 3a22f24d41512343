import { isJsonObject, type JsonObject } from '../json.js';
import type { EventRow, RunProgressRow } from '../mirror/rows.js';
import type { RunEnding } from './judge-run.js';
import { TROUBLES_KEY } from './trouble.js';

/** The last write of a run that ended without its own. */
export interface EndingWrite {
  readonly row: RunProgressRow;
  readonly event: EventRow;
}

/**
 * A run's row and event for an ending that the run could not write itself.
 * @param metadata of the row as it is; what it says beside the ending is kept
 * @param at ISO-8601 UTC
 */
export function endingWrite(ending: RunEnding, metadata: JsonObject, at: string): EndingWrite {
  const { status, by, reason } = ending;
  const own = isJsonObject(metadata['signalbox']) ? metadata['signalbox'] : {};
  const cancellation = status === 'cancelled' ? { by, reason, nodeId: null } : null;
  const failureCode = status === 'failed' ? 'RUN_FAILED' : null;
  return {
    row: {
      status,
      metadata: {
        error: status === 'failed' ? reason : null,
        signalbox: { ...own, gates: [], cancellation, failureCode },
        [TROUBLES_KEY]: [],
        ...(isOpenGate(metadata['approval']) ? { approval: null } : {}),
      },
      completedAt: at,
      lastActivityAt: at,
    },
    event: { seq: 1, nodeName: null, createdAt: at, ...entryOf(ending) },
  };
}

function isOpenGate(approval: unknown): boolean {
  return isJsonObject(approval) && typeof approval['resolved'] !== 'string';
}

function entryOf({ status, by, reason }: RunEnding): Pick<EventRow, 'eventType' | 'data'> {
  switch (status) {
    case 'completed':
      return { eventType: 'workflow_completed', data: {} };
    case 'failed':
      return { eventType: 'workflow_failed', data: { error: reason, signalbox: { code: 'RUN_FAILED' } } };
    case 'cancelled':
      return { eventType: 'workflow_cancelled', data: { reason, signalbox: { by } } };
  }
}
