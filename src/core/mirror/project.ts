import { authoredOutcome, isRejected } from '../run/outcome.js';
import { runStatus } from '../run/run-status.js';
import type { Json, JsonObject } from '../json.js';
import type { RunEvent, RunOutcome, RunState } from '../run/run-state.js';
import { entriesOf } from './event-entries.js';
import { gateList, gateMetadata } from './gate-metadata.js';
import type { MirrorFacts } from './mirror-facts.js';
import { shownText } from './node-output.js';
import {
  OWNERSHIP_MARK,
  type EventRow,
  type NodeResultRow,
  type RunProgressRow,
  type RunRowStatus,
} from './rows.js';

/** What one event adds to the mirror; `seq` is given by the lane. */
export interface Projection {
  readonly events: readonly Omit<EventRow, 'seq'>[];
  readonly results: readonly NodeResultRow[];
}

/**
 * What one event adds to the tables. Only for an event that `evolve` took: one that gave back the same state
 * tells nothing new.
 * @param after the state that the event led to
 */
export function project(facts: MirrorFacts, event: RunEvent, after: RunState): Projection {
  const events = entriesOf(facts, event, after).map((entry) => ({ ...entry, createdAt: event.at }));
  return { events, results: resultsOf(event, after) };
}

/**
 * The run's row as it is now: always the whole of what changes, so that the newest write stands for all.
 * @param at ISO-8601 UTC
 */
export function progressRow(facts: MirrorFacts, state: RunState, at: string): RunProgressRow {
  const outcome = authoredOutcome(facts.definition, state);
  return {
    status: rowStatus(state),
    ...(outcome === null ? {} : { outcome }),
    metadata: {
      workflow_source: OWNERSHIP_MARK,
      error: state.outcome?.status === 'failed' ? state.outcome.failure.message : null,
      summary: summaryOf(state.outcome),
      ...summaryValue(state.outcome),
      node_counts: state.outcome ? nodeCounts(state) : null,
      ...gateMetadata(facts.definition, state),
      signalbox: ownMetadata(facts, state),
    },
    completedAt: state.outcome ? at : null,
    lastActivityAt: at,
  };
}

/** What may complete a node; those of bodies begin anew with their group. */
const RESULTS: readonly RunEvent['type'][] = ['nodeCompleted', 'gateDecided', 'iterationEnded'];

function resultsOf(event: RunEvent, after: RunState): readonly NodeResultRow[] {
  if (event.type === 'nodeReset') return [{ nodeId: event.nodeId, attempt: 0, output: null }];
  if (!('nodeId' in event) || !RESULTS.includes(event.type)) return [];
  const node = after.nodes[after.plan.positionOf.get(event.nodeId) ?? -1];
  if (node?.status !== 'completed') return [];
  return [{ nodeId: event.nodeId, attempt: node.attempt, output: node.output }];
}

function rowStatus(state: RunState): RunRowStatus {
  const status = runStatus(state);
  return status === 'cancelling' ? 'running' : status;
}

function summaryOf(outcome: RunOutcome | null): string | null {
  return outcome?.status === 'completed' && outcome.result ? shownText(outcome.result.text) : null;
}

/** What a parent is given instead of the text, where the result was declared to be a value. */
function summaryValue(outcome: RunOutcome | null): JsonObject {
  const result = outcome?.status === 'completed' ? outcome.result : null;
  if (result?.isStructured !== true || result.text.kind !== 'inline') return {};
  return { summary_value: JSON.parse(result.text.text) as Json };
}

function nodeCounts({ nodes }: RunState): JsonObject {
  const count = (status: string): number => nodes.filter((node) => node.status === status).length;
  return {
    completed: count('completed'),
    failed: count('failed'),
    skipped: count('skipped'),
    total: nodes.length,
  };
}

/** What Archon has no word for. */
function ownMetadata(facts: MirrorFacts, state: RunState): JsonObject {
  const { hostId, uid, startedBy, temporalWorkflowId, definition, details } = facts;
  const { outcome, cancellation } = state;
  return {
    ...details,
    hostId,
    uid,
    startedBy,
    temporalWorkflowId,
    gates: gateList(definition, state),
    cancellation: cancellation && { ...cancellation },
    isRejected: outcome !== null && isRejected(definition, outcome),
    failureCode: outcome?.status === 'failed' ? outcome.failure.code : null,
    resultFile: resultFile(outcome),
  };
}

function resultFile(outcome: RunOutcome | null): JsonObject | null {
  const result = outcome?.status === 'completed' ? outcome.result : null;
  if (result?.text.kind !== 'file') return null;
  const { path, bytes, sha256 } = result.text;
  return { path, bytes, sha256, ...(result.isStructured === true ? { isStructured: true } : {}) };
}
