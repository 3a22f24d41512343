import { formatDuration } from '../../core/duration.js';
import type { WaitingGate } from '../../contract/messages.js';
import { shortRunId } from '../../core/ids.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { EventRecord, RunRecord } from '../../ports/run-table.js';
import { ours } from './event-data.js';
import { elapsedSince, indented, oneLine, utc } from './text.js';
import { troublesOf } from './troubles.js';

const textIn = (metadata: JsonObject, key: string): string | null => {
  const value = metadata[key];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** Gates that the row says are open. */
export function waitingGates(record: RunRecord): readonly WaitingGate[] {
  const gates = ours(record.metadata)['gates'];
  return record.status === 'paused' && Array.isArray(gates) ? (gates as WaitingGate[]) : [];
}

/** A run's row in `--json`: the fields of every answer about a run first. */
export function recordJson(record: RunRecord): JsonObject {
  const message = textIn(record.metadata, 'error');
  const code = textIn(ours(record.metadata), 'failureCode') ?? 'RUN_FAILED';
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
    troubles: troublesOf(record),
    metadata: record.metadata,
  };
}

export function eventJson(event: EventRecord): JsonObject {
  return { type: event.eventType, node: event.nodeName, at: event.createdAt, data: event.data };
}

const MARGIN = ' '.repeat(11);

/** Who ended a cancelled run and why; null: nobody did, or the row does not tell. */
function cancellationOf(record: RunRecord): string | null {
  const { cancellation } = ours(record.metadata);
  if (!isJsonObject(cancellation)) return null;
  const [by, node, reason] = ['by', 'nodeId', 'reason'].map((key) => textIn(cancellation, key));
  const parts = [by && `by ${oneLine(by)}`, node && `at ${oneLine(node)}`].filter((part) => !!part);
  const whoAndWhere = parts.length === 0 ? 'by someone unnamed' : parts.join(' ');
  return reason ? `${whoAndWhere}: ${oneLine(reason)}` : whoAndWhere;
}

/** One of ours that has ended, and not well. */
function isResumable({ status, temporalWorkflowId }: RunRecord): boolean {
  return temporalWorkflowId !== null && (status === 'failed' || status === 'cancelled');
}

/** A run's row as a block of lines. */
export function renderRecord(record: RunRecord, now: Date): string {
  const { completedAt, startedAt, metadata } = record;
  const startedBy = textIn(ours(record.metadata), 'startedBy');
  const error = textIn(metadata, 'error');
  const result = textIn(metadata, 'summary');
  const lines: readonly (readonly [string, string | null])[] = [
    ['run', record.runId],
    ['workflow', oneLine(record.workflowName)],
    ['status', record.status],
    ...troublesOf(record).map((trouble) => ['trouble', oneLine(trouble, 500)] as const),
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
    ['resume', isResumable(record) ? `signalbox resume ${shortRunId(record.runId)}` : null],
  ];
  return lines
    .filter((line): line is readonly [string, string] => line[1] !== null)
    .map(([label, text]) => `${label.padEnd(10)} ${text}`)
    .join('\n');
}

export function renderEvent(event: EventRecord): string {
  const node = event.nodeName === null ? '' : ` [${oneLine(event.nodeName)}]`;
  return `  ${utc(event.createdAt)} ${event.eventType}${node} ${oneLine(JSON.stringify(event.data))}`;
}
