import { formatDuration } from '../../core/duration.js';
import type { WaitingGate } from '../../contract/messages.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { EventRecord, RunRecord } from '../../ports/run-table.js';
import { elapsedSince, indented, oneLine, utc } from './text.js';

const textIn = (metadata: JsonObject, key: string): string | null => {
  const value = metadata[key];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** What Archon has no word for stands under our own name. */
const ours = ({ metadata }: RunRecord): JsonObject =>
  isJsonObject(metadata['signalbox']) ? metadata['signalbox'] : {};

/** Gates that the row says are open. */
export function waitingGates(record: RunRecord): readonly WaitingGate[] {
  const gates = ours(record)['gates'];
  return record.status === 'paused' && Array.isArray(gates) ? (gates as WaitingGate[]) : [];
}

/** A run's row in `--json`: the fields of every answer about a run first. */
export function recordJson(record: RunRecord): JsonObject {
  const message = textIn(record.metadata, 'error');
  const code = textIn(ours(record), 'failureCode') ?? 'RUN_FAILED';
  return {
    runId: record.runId,
    workflow: record.workflowName,
    status: record.status,
    workingPath: record.workingPath,
    temporalWorkflowId: record.temporalWorkflowId,
    output: textIn(record.metadata, 'summary'),
    ...(message === null ? {} : { error: { code, message } }),
    message: record.userMessage,
    startedAt: record.startedAt,
    completedAt: record.completedAt,
    lastActivityAt: record.lastActivityAt,
    hostId: record.hostId,
    metadata: record.metadata,
  };
}

export function eventJson(event: EventRecord): JsonObject {
  return { type: event.eventType, node: event.nodeName, at: event.createdAt, data: event.data };
}

const MARGIN = ' '.repeat(11);

/** Who ended a cancelled run and why; null: nobody did, or the row does not tell. */
function cancellationOf(record: RunRecord): string | null {
  const { cancellation } = ours(record);
  if (!isJsonObject(cancellation)) return null;
  const [by, node, reason] = ['by', 'nodeId', 'reason'].map((key) => textIn(cancellation, key));
  const parts = [by && `by ${oneLine(by)}`, node && `at ${oneLine(node)}`].filter((part) => !!part);
  const whoAndWhere = parts.length === 0 ? 'by someone unnamed' : parts.join(' ');
  return reason ? `${whoAndWhere}: ${oneLine(reason)}` : whoAndWhere;
}

/** A run's row as a block of lines. */
export function renderRecord(record: RunRecord, now: Date): string {
  const { completedAt, startedAt, metadata } = record;
  const startedBy = textIn(ours(record), 'startedBy');
  const error = textIn(metadata, 'error');
  const result = textIn(metadata, 'summary');
  const lines: readonly (readonly [string, string | null])[] = [
    ['run', record.runId],
    ['workflow', oneLine(record.workflowName)],
    ['status', record.status],
    ['path', record.workingPath],
    ['message', record.userMessage === '' ? null : oneLine(record.userMessage)],
    [
      'started',
      `${utc(startedAt)} (${elapsedSince(startedAt, now)} ago)${startedBy === null ? '' : ` by ${oneLine(startedBy)}`}`,
    ],
    [
      'ended',
      completedAt === null
        ? null
        : `${utc(completedAt)} (took ${formatDuration(Date.parse(completedAt) - Date.parse(startedAt))})`,
    ],
    ['cancelled', cancellationOf(record)],
    ['temporal', record.temporalWorkflowId],
    ['error', error === null ? null : indented(error, MARGIN).trimStart()],
    ['result', result === null ? null : indented(result, MARGIN).trimStart()],
  ];
  return lines
    .filter((line): line is readonly [string, string] => line[1] !== null)
    .map(([label, text]) => `${label.padEnd(10)} ${text}`)
    .join('\n');
}

export interface NodeSummary {
  readonly node: string;
  readonly status: 'running' | 'completed' | 'failed' | 'skipped' | 'waiting';
  readonly durationMs: number | null;
  /** Output of a completed node, error of a failed one, reason of a skipped one. */
  readonly text: string;
}

const NODE_EVENTS: Readonly<
  Record<string, { readonly status: NodeSummary['status']; readonly text: string }>
> = {
  node_started: { status: 'running', text: '' },
  node_completed: { status: 'completed', text: 'node_output' },
  node_failed: { status: 'failed', text: 'error' },
  node_skipped: { status: 'skipped', text: 'reason' },
  approval_requested: { status: 'waiting', text: 'message' },
};

/** What the events say of each node, in the order in which nodes were first heard of. */
export function summariseNodes(events: readonly EventRecord[]): readonly NodeSummary[] {
  const nodes = new Map<string, NodeSummary>();
  for (const { eventType, nodeName, data } of events) {
    const meaning = NODE_EVENTS[eventType];
    if (meaning === undefined || nodeName === null || !isJsonObject(data)) continue;
    const durationMs = data['duration_ms'];
    const text = data[meaning.text];
    nodes.set(nodeName, {
      node: nodeName,
      status: meaning.status,
      durationMs: typeof durationMs === 'number' ? durationMs : null,
      text: typeof text === 'string' ? text : '',
    });
  }
  return [...nodes.values()];
}

const MARKS = { running: '◌', completed: '✓', failed: '✗', skipped: '-', waiting: '⏸' } as const;

export function renderNode({ node, status, durationMs, text }: NodeSummary): string {
  const took = durationMs === null ? '' : ` (${formatDuration(durationMs)})`;
  const preview = text === '' ? '' : `\n      ${oneLine(text)}`;
  return `  ${MARKS[status]} ${oneLine(node)}${took}${preview}`;
}

export function renderEvent(event: EventRecord): string {
  const node = event.nodeName === null ? '' : ` [${oneLine(event.nodeName)}]`;
  return `  ${utc(event.createdAt)} ${event.eventType}${node} ${oneLine(JSON.stringify(event.data))}`;
}
