import type { RunDescription } from '../contract/messages.js';
import type { NodeKind, WorkflowDefinition } from '../core/definition/definition.js';
import { RunError, isErrorCode, type ErrorCode } from '../core/errors.js';
import { isJsonObject, type Json, type JsonObject } from '../core/json.js';
import { nearestName } from '../core/nearest-name.js';
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

/** How a node stood when the run was last at rest. */
export interface TestedNode {
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
  const node = definition.nodes.find((one) => one.id === id);
  if (node === undefined) throw unknownNode(id, definition);
  const output = book.resultOf(id)?.output ?? undefined;
  const text = output === undefined ? null : texts.read(output.text);
  return {
    id,
    kind: node.kind,
    status: description?.nodes.find(({ nodeId }) => nodeId === id)?.status ?? 'pending',
    output: text,
    json: text === null ? undefined : readJson(text),
    skipReason: (dataOf(book, id, 'node_skipped')?.['reason'] as SkipReason | undefined) ?? null,
    error: textIn(dataOf(book, id, 'node_failed'), 'error'),
    calls: book.calls.filter(({ nodeId }) => nodeId === id),
  };
}

/** Of a run that is over. @param output of one that completed */
export function outcomeSeen({ book, texts }: Seen, output: TextValue | null): Outcome {
  const { status, metadata = {} } = book.row ?? {};
  const ours = metadata['signalbox'];
  const signalbox = isJsonObject(ours) ? ours : {};
  if (status === 'completed') return { status, output: output === null ? null : texts.read(output) };
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

/** Of the last event of that type. */
function dataOf(book: RunBook, nodeId: string, type: string): JsonObject | null {
  return book.events.findLast((one) => one.nodeName === nodeId && one.eventType === type)?.data ?? null;
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
