import { formatDuration } from '../../core/duration.js';
import type { WaitingGate } from '../../contract/messages.js';
import { shortRunId } from '../../core/ids.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { EventRecord, RunRecord } from '../../ports/run-table.js';
import { ours } from './event-data.js';
import { elapsedSince, indented, oneLine, table, utc } from './text.js';
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
    outcome: record.outcome,
    workingPath: record.workingPath,
    temporalWorkflowId: record.temporalWorkflowId,
    parentRunId: record.parentRunId,
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

/** A sub-run goes on with its parent. */
function resumedWith({ runId, parentRunId }: RunRecord): string {
  return parentRunId ?? runId;
}

/** Whose sub-run it is; null: nobody's. */
function parentOf({ parentRunId, metadata }: RunRecord): string | null {
  if (parentRunId === null) return null;
  const node = textIn(metadata, 'parent_node_id');
  const index = metadata['child_index'];
  const item = typeof index === 'number' ? `, item ${index + 1}` : '';
  return `${parentRunId}${node === null ? '' : `, node ${oneLine(node)}`}${item}`;
}

/** Of a run in a worktree of its own. */
export function branchOf({ metadata }: RunRecord): string | null {
  const branch = textIn(metadata, 'branch_name');
  return branch && oneLine(branch);
}

/** What it was given by name. */
function inputsOf({ inputs }: JsonObject): string | null {
  const given = Object.entries(isJsonObject(inputs) ? inputs : {});
  return given.length === 0
    ? null
    : given
        .map(([name, value]) =>
          oneLine(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
        )
        .join(', ');
}

const SHOWN_CHILDREN = 50;

/** Items of one fan-out in their order; nodes as they began. */
function inOrder(children: readonly RunRecord[]): readonly RunRecord[] {
  const nodeOf = ({ metadata }: RunRecord): unknown => metadata['parent_node_id'];
  const nodes = [...new Set(children.map(nodeOf))];
  return nodes.flatMap((node) =>
    children
      .filter((child) => nodeOf(child) === node)
      .sort((a, b) => Number(a.metadata['child_index']) - Number(b.metadata['child_index'])),
  );
}

/** Sub-runs of a run, one line each; beyond some number those that are not well first. */
export function renderChildren(children: readonly RunRecord[]): string {
  const all = inOrder(children);
  const isDone = ({ status }: RunRecord): boolean => status === 'completed';
  const shown =
    children.length <= SHOWN_CHILDREN
      ? all
      : [...all.filter((child) => !isDone(child)), ...all.filter(isDone)].slice(0, SHOWN_CHILDREN);
  const lines = shown.map(({ runId, status, workflowName, metadata, userMessage }) => {
    const index = metadata['child_index'];
    const node = textIn(metadata, 'parent_node_id') ?? '';
    const place = typeof index === 'number' ? `${oneLine(node)}[${index}]` : oneLine(node);
    return [`  ${place}`, shortRunId(runId), status, oneLine(workflowName), oneLine(userMessage, 60)];
  });
  const more = children.length - shown.length;
  return [`sub-runs (${children.length})`, table(lines), ...(more > 0 ? [`  … and ${more} more`] : [])].join(
    '\n',
  );
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
    ['parent', parentOf(record)],
    ['path', record.workingPath],
    ['branch', branchOf(record)],
    ['message', record.userMessage === '' ? null : oneLine(record.userMessage)],
    ['inputs', inputsOf(metadata)],
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
    ['outcome', record.outcome],
    ['result', result === null ? null : indented(result, MARGIN).trimStart()],
    ['resume', isResumable(record) ? `signalbox resume ${shortRunId(resumedWith(record))}` : null],
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
