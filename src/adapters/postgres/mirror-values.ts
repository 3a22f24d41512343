import { v5 as uuidFrom } from 'uuid';
import type { JsonObject } from '../../core/json.js';
import type { EventRow, MirrorWrite, NodeResultRow, RunIdentityRow } from '../../core/mirror/rows.js';
import type { FirstWrite } from '../../ports/run-table.js';

/** Namespace of the ids of events. */
const EVENTS = 'a3b1f8d4-6c52-4f0e-9d57-0b1e6a7c2d39';

/** An event's id: the same event written twice is one row. */
export function eventId(runId: string, epoch: string, seq: number): string {
  return uuidFrom(`${runId}/${epoch}/${seq}`, EVENTS);
}

/** What the row's metadata begin with, under what each write lays over them. */
function firstMetadata({ inputs, parent }: RunIdentityRow): JsonObject {
  const own = Object.keys(inputs).length > 0 ? { inputs } : {};
  if (parent === undefined) return own;
  const { nodeId, index, hash, inputValues } = parent;
  const item = index === null ? {} : { child_index: index, fan_out_item_hash: hash };
  return { ...own, inputs_values: inputValues, parent_node_id: nodeId, ...item };
}

/** Parameters of `WRITE_RUN`. */
export function writeValues(write: MirrorWrite, mended: readonly string[]): unknown[] {
  return [JSON.stringify(progress(write, mended)), ...resultValues(write.results)];
}

/** Parameters of `OPEN_RUN`. */
export function openValues(
  first: FirstWrite,
  epoch: string,
  mended: readonly string[],
  temporalNamespaceId: string | null,
): unknown[] {
  const { identity } = first;
  const seq = Math.max(0, ...first.events.map((event) => event.seq));
  const given = {
    ...progress({ runId: identity.runId, epoch, seq, row: first.row, events: first.events }, mended),
    fence_token: first.fenceToken,
    temporal_run_id: first.temporalRunId,
    is_first_execution: first.isFirstExecution && first.resumedEpoch === null,
    resumed_epoch: first.resumedEpoch,
    workflow_name: identity.workflowName,
    user_message: identity.userMessage,
    working_path: identity.workingPath,
    codebase_path: identity.codebasePath ?? null,
    output_root: identity.outputRoot,
    started_at: identity.startedAt,
    first_metadata: firstMetadata(identity),
    temporal_workflow_id: identity.temporalWorkflowId,
    temporal_namespace: identity.temporalNamespace,
    temporal_namespace_id: temporalNamespaceId,
    host_id: identity.hostId,
    uid: identity.uid,
    parent_run_id: identity.parent?.runId ?? null,
    parent_node_id: identity.parent?.nodeId ?? null,
    child_index: identity.parent?.index ?? null,
    item_hash: identity.parent?.hash ?? null,
  };
  return [JSON.stringify(given), ...resultValues([])];
}

function progress(write: Omit<MirrorWrite, 'results'>, mended: readonly string[]) {
  return {
    run_id: write.runId,
    epoch: write.epoch,
    seq: write.seq,
    status: write.row.status,
    outcome: write.row.outcome ?? null,
    metadata: write.row.metadata,
    completed_at: write.row.completedAt,
    last_activity_at: write.row.lastActivityAt,
    ...(mended.length > 0 && { mended }),
    events: write.events.map((event) => eventValues(event, eventId(write.runId, write.epoch, event.seq))),
  };
}

function eventValues(event: EventRow, id: string) {
  const { seq, eventType, nodeName, data, createdAt } = event;
  return { id, seq, event_type: eventType, step_name: nodeName, data, created_at: createdAt };
}

/** Of two results of one node the later counts. */
function resultValues(results: readonly NodeResultRow[]): unknown[] {
  const last = [...new Map(results.map((result) => [result.nodeId, result])).values()];
  return [
    last.map((result) => result.nodeId),
    last.map((result) => result.attempt),
    last.map((result) => JSON.stringify(result.output)),
  ];
}
