import type { RunDescription } from '../../contract/messages.js';
import { formatDuration } from '../../core/duration.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import { isTerminal } from '../../core/mirror/rows.js';
import { tellCounts, type ChildCounts } from '../../core/subrun/child-counts.js';
import type { EventRecord } from '../../ports/run-table.js';
import { durationIn } from './event-data.js';
import { skipReason } from './progress.js';
import { oneLine } from './text.js';
import { few } from './whereabouts.js';

export interface NodeSummary {
  readonly node: string;
  /** `rejected`: a gate whose answer ended the run. `stopped`: the run ended before the node did. */
  readonly status: 'running' | 'completed' | 'failed' | 'skipped' | 'waiting' | 'rejected' | 'stopped';
  readonly durationMs: number | null;
  /** Output of a completed node, error of a failed one, reason of a skipped one, question of a gate. */
  readonly text: string;
  /** Of a node at work on sub-runs. */
  readonly children?: ChildCounts;
}

type Meaning = readonly [status: NodeSummary['status'], text: string];

const NODE_EVENTS: Readonly<Record<string, Meaning>> = {
  node_started: ['running', ''],
  node_completed: ['completed', 'node_output'],
  node_failed: ['failed', 'error'],
  node_skipped: ['skipped', 'reason'],
  node_skipped_prior_success: ['completed', 'node_output'],
  approval_requested: ['waiting', 'message'],
};

/** What the events of a run say of each node, in the order in which nodes were first heard of. */
export function summariseNodes(events: readonly EventRecord[], runStatus: string): readonly NodeSummary[] {
  const nodes = new Map<string, NodeSummary>();
  for (const { eventType, nodeName, data } of events) {
    if (nodeName === null || !isJsonObject(data)) continue;
    const meaning = meaningOf(eventType, data, nodes.get(nodeName));
    if (meaning === null) continue;
    const [status, key] = meaning;
    const text = status === 'skipped' ? skipReason(data) : data[key] || data['approval_decision'];
    nodes.set(nodeName, {
      node: nodeName,
      status,
      durationMs: durationIn(data),
      text: typeof text === 'string' ? text : '',
    });
  }
  return [...nodes.values()].map((node) => (isTerminal(runStatus) ? asEnded(node) : node));
}

/** A reject that ends the run completes nothing: that it was received is all that the events say. */
function meaningOf(eventType: string, data: JsonObject, before: NodeSummary | undefined): Meaning | null {
  if (eventType !== 'approval_received') return NODE_EVENTS[eventType] ?? null;
  return before?.status === 'waiting' && data['decision'] === 'rejected' ? ['rejected', 'reason'] : null;
}

function asEnded(node: NodeSummary): NodeSummary {
  const isOpen = node.status === 'running' || node.status === 'waiting';
  return isOpen ? { ...node, status: 'stopped', text: 'the run ended before' } : node;
}

/** Nodes at work on sub-runs: events tell of them only when they have ended. */
export function summariseDelegating(live: RunDescription | null): readonly NodeSummary[] {
  return (live?.nodes ?? []).flatMap(({ nodeId, children }) => {
    if (children === undefined) return [];
    const isWaiting = children.waiting > 0 && children.waiting === children.open;
    const status = isWaiting ? 'waiting' : 'running';
    return [{ node: nodeId, status, durationMs: null, text: tellCounts(children), children }] as const;
  });
}

/** A node that has begun may still wait until its host has room for it. */
export function showPermit(node: NodeSummary, withoutPermit: readonly string[]): NodeSummary {
  const waits = node.status === 'running' && withoutPermit.includes(node.node);
  return waits ? { ...node, text: 'waits for a permit' } : node;
}

/** Why a run whose nodes have begun seems to stand still. */
export function renderWithoutPermit(nodes: readonly string[]): string {
  const names = few(nodes.map((node) => oneLine(node)));
  return `${nodes.length} of its nodes wait for a permit of the host: ${names}`;
}

const MARKS: Readonly<Record<NodeSummary['status'], string>> = {
  running: '◌',
  completed: '✓',
  failed: '✗',
  skipped: '-',
  waiting: '⏸',
  rejected: '✗',
  stopped: '-',
};

export function nodeJson({ children, ...node }: NodeSummary): JsonObject {
  return { ...node, ...(children === undefined ? {} : { children: { ...children } }) };
}

export function renderNode({ node, status, durationMs, text }: NodeSummary): string {
  const took = durationMs === null ? '' : ` (${formatDuration(durationMs)})`;
  const word = status === 'rejected' ? ' rejected' : '';
  const preview = text === '' ? '' : `\n      ${oneLine(text)}`;
  return `  ${MARKS[status]} ${oneLine(node)}${word}${took}${preview}`;
}
