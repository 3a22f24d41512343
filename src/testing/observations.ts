import type { RunDescription } from '../contract/messages.js';
import type { NodeKind, WorkflowDefinition } from '../core/definition/definition.js';
import { RunError, isErrorCode, type ErrorCode } from '../core/errors.js';
import { isJsonObject, type Json, type JsonObject } from '../core/json.js';
import { nearestName } from '../core/nearest-name.js';
import type { RunRowStatus } from '../core/mirror/rows.js';
import { findNode } from '../core/run/level.js';
import type { NodeState, SkipReason } from '../core/run/run-state.js';
import type { TextValue } from '../core/run/task.js';
import type { LargeTexts } from './large-texts.js';
import type { RunBook } from './run-book.js';
import type { NodeCall } from './stubs.js';

/** How a run ended. */
export type Outcome =
  /** `output`: the first of its last nodes that gave any; null: none did. */
  | { readonly status: 'completed'; readonly output: string | null }
  | { readonly status: 'failed'; readonly code: ErrorCode; readonly error: string }
  /** `isRejected`: a reviewer turned it down at a gate. */
  | {
      readonly status: 'cancelled';
      readonly by: string | null;
      readonly reason: string | null;
      readonly isRejected: boolean;
    };

/** How a node stood when the run was last at rest; one in the body of a loop group: in its newest iteration. */
export interface TestedNode {
  /** `group.node` for one in a body. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly status: NodeState['status'];
  /** What others read of it; null: it has given nothing. */
  readonly output: string | null;
  /** The output read as JSON; undefined: it is none. */
  readonly json: Json | undefined;
  /** Why it was skipped; null: it was not. */
  readonly skipReason: SkipReason | null;
  /** Why it failed, or its last attempt did; null: none has. */
  readonly error: string | null;
  /** What its stub was asked, attempt by attempt. */
  readonly calls: readonly NodeCall[];
}

/** What happened in a run, as its table would tell it. */
export interface TestEvent {
  /** `node_started`, `node_completed`, `node_failed`, `node_skipped`, `approval_requested`, `workflow_completed` … */
  readonly type: string;
  /** Null: the run itself. */
  readonly nodeId: string | null;
  readonly data: JsonObject;
  /** ISO-8601 UTC, by the clock of the testbed. */
  readonly at: string;
}

/** A run that another one has started. */
export interface TestedSubRun {
  readonly workflow: string;
  /** The node that started it. */
  readonly nodeId: string;
  /** Position of its item in a fan-out; null: the node has no other. */
  readonly index: number | null;
  /** What it was told, `$ARGUMENTS`. */
  readonly message: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly status: RunRowStatus;
  /** What its stubs were asked. */
  readonly calls: readonly NodeCall[];
  readonly events: readonly TestEvent[];
  readonly subRuns: readonly TestedSubRun[];
}

interface Seen {
  readonly book: RunBook;
  readonly texts: LargeTexts;
  readonly definition: WorkflowDefinition;
}

/** @throws RunError `USAGE` there is no such node */
export function nodeSeen(
  { book, texts, definition }: Seen,
  description: RunDescription | null,
  id: string,
): TestedNode {
  const node = findNode(definition, id);
  if (node === null) throw unknownNode(id, definition);
  const output = book.resultOf(id)?.output ?? null;
  const text =
    output === null ? textIn(dataOf(book, id, 'node_completed'), 'node_output') : texts.textOf(output.text);
  return {
    id,
    kind: node.kind,
    status: hasCancelled(book, id) ? 'completed' : statusNow(book, description, id),
    output: text,
    json: text === null ? undefined : readJson(text),
    skipReason: (dataOf(book, id, 'node_skipped')?.['reason'] as SkipReason | undefined) ?? null,
    error: textIn(dataOf(book, id, 'node_failed'), 'error'),
    calls: book.calls.filter(({ nodeId }) => nodeId === id),
  };
}

export function eventsSeen({ events }: RunBook): readonly TestEvent[] {
  return events.map(({ eventType, nodeName, data, createdAt }) => ({
    type: eventType,
    nodeId: nodeName,
    data,
    at: createdAt,
  }));
}

export function subRunSeen(book: RunBook): TestedSubRun {
  const { nodeId = '', index = null, message = '', inputs = {} } = book.descent ?? {};
  return {
    ...{ workflow: book.workflow, nodeId, index, message, inputs },
    status: book.row?.status ?? 'running',
    calls: book.calls,
    events: eventsSeen(book),
    subRuns: book.children.map(subRunSeen),
  };
}

/** Of a run that is over. @param output of one that completed */
export function outcomeSeen({ book, texts }: Seen, output: TextValue | null): Outcome {
  const { status, metadata = {} } = book.row ?? {};
  const ours = metadata['signalbox'];
  const signalbox = isJsonObject(ours) ? ours : {};
  if (status === 'completed') return { status, output: output === null ? null : texts.textOf(output) };
  if (status === 'cancelled') {
    const cancellation = isJsonObject(signalbox['cancellation']) ? signalbox['cancellation'] : null;
    const by = textIn(cancellation, 'by');
    const reason = textIn(cancellation, 'reason');
    return { status, by, reason, isRejected: signalbox['isRejected'] === true };
  }
  const code = textIn(signalbox, 'failureCode') ?? '';
  return {
    status: 'failed',
    code: isErrorCode(code) ? code : 'INTERNAL',
    error: textIn(metadata, 'error') ?? 'the run ended without a word',
  };
}

function unknownNode(id: string, { nodes, name }: WorkflowDefinition): RunError {
  const ids = nodes.map((node) => node.id);
  const nearest = nearestName(id, ids);
  const hint = nearest === null ? `; it has: ${ids.join(', ')}` : `; did you mean '${nearest}'?`;
  return new RunError('USAGE', `workflow '${name}' has no node '${id}'${hint}`);
}

function statusNow(book: RunBook, description: RunDescription | null, id: string): NodeState['status'] {
  return description?.nodes.find(({ nodeId }) => nodeId === id)?.status ?? statusIn(book, id);
}

/** It is what ended the run. */
function hasCancelled({ events }: RunBook, id: string): boolean {
  return events.some(({ eventType, nodeName }) => eventType === 'workflow_cancelled' && nodeName === id);
}

/** Of the last event of that type. */
function dataOf(book: RunBook, nodeId: string, type: string): JsonObject | null {
  return book.events.findLast((one) => one.nodeName === nodeId && one.eventType === type)?.data ?? null;
}

/** Of a node that the run no longer tells of: the body of a loop that is over. */
function statusIn(book: RunBook, nodeId: string): NodeState['status'] {
  const last = book.events.findLast((one) => one.nodeName === nodeId)?.eventType;
  if (last === 'node_completed' || last === 'approval_received') return 'completed';
  if (last === 'node_failed') return 'failed';
  return last === 'node_skipped' ? 'skipped' : 'pending';
}

function textIn(object: JsonObject | null, key: string): string | null {
  const value = object?.[key];
  return typeof value === 'string' ? value : null;
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
