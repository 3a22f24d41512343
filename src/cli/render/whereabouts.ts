import type { RunDescription } from '../../contract/messages.js';
import { tellCounts } from '../../core/subrun/child-counts.js';
import { oneLine } from './text.js';

type LiveNode = RunDescription['nodes'][number];

/** What an open run says of itself, and which of its nodes its host has no room for yet. */
export interface Whereabouts {
  /** Null: it did not answer. */
  readonly live: RunDescription | null;
  readonly withoutPermit: readonly string[];
}

const AT_WORK: readonly LiveNode['status'][] = ['running', 'retrying', 'waiting', 'looping', 'delegating'];
const NAMED_NODES = 5;

/** The nodes that a run is at, in few words however many they are; those without a permit come last. */
export function renderWhereabouts({ live, withoutPermit }: Whereabouts): string {
  const waits = new Set(withoutPermit);
  const active = (live?.nodes ?? []).filter(({ status }) => AT_WORK.includes(status));
  const names = [
    ...active.filter(({ nodeId }) => !waits.has(nodeId)).map((node) => nameOf(node)),
    ...active.filter(({ nodeId }) => waits.has(nodeId)).map((node) => nameOf(node, 'waits for a permit')),
  ];
  if (names.length <= NAMED_NODES) return names.join(', ') || '-';
  const waiting = waits.size === 0 ? '' : ` (in all, ${waits.size} without a permit)`;
  return `${names.slice(0, NAMED_NODES).join(', ')} and ${names.length - NAMED_NODES} more${waiting}`;
}

function nameOf({ nodeId, kind, iteration, children }: LiveNode, ...more: readonly string[]): string {
  const loop = iteration === undefined ? [] : [`iteration ${iteration}`];
  const done = children === undefined ? [] : [tellCounts(children)];
  return `${oneLine(nodeId, 60)} (${[kind, ...loop, ...done, ...more].join(', ')})`;
}

/** Null: the run did not answer. */
export function liveJson({ live, withoutPermit }: Whereabouts): {
  readonly status: string;
  readonly nodes: readonly {
    readonly nodeId: string;
    readonly kind: string;
    readonly status: string;
    readonly waitsFor: 'permit' | null;
  }[];
} | null {
  if (live === null) return null;
  const nodes = live.nodes.map(({ nodeId, kind, status }) => ({
    nodeId,
    kind,
    status,
    waitsFor: withoutPermit.includes(nodeId) ? ('permit' as const) : null,
  }));
  return { status: live.status, nodes };
}
