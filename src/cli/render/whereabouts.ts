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

/** The nodes that a run is at, in few words however many they are, and those that wait for a permit. */
export function renderWhereabouts({ live, withoutPermit }: Whereabouts): string {
  if (live === null) return 'does not answer now';
  const waits = new Set(withoutPermit);
  const active = atWork(live);
  const working = active.filter(({ nodeId }) => !waits.has(nodeId));
  const waiting = active.filter(({ nodeId }) => waits.has(nodeId));
  const permits = `${waiting.length} without a permit: ${few(waiting.map(({ nodeId }) => nameOf(nodeId)))}`;
  const parts = [
    ...(working.length === 0 ? [] : [few(working.map(describe))]),
    ...(waiting.length === 0 ? [] : [permits]),
  ];
  return parts.join('; ') || '-';
}

/** What a run is at, node by node, all of it. */
export const activeNodes = (live: RunDescription): readonly string[] => atWork(live).map(describe);

const atWork = ({ nodes }: RunDescription): readonly LiveNode[] =>
  nodes.filter(({ status }) => AT_WORK.includes(status));

/** Some of many names, and how many more there are. */
export function few(names: readonly string[]): string {
  const left = names.length - NAMED_NODES;
  return names.slice(0, NAMED_NODES).join(', ') + (left > 0 ? ` and ${left} more` : '');
}

const nameOf = (nodeId: string): string => oneLine(nodeId, 60);

function describe({ nodeId, kind, iteration, children }: LiveNode): string {
  const loop = iteration === undefined ? [] : [`iteration ${iteration}`];
  const done = children === undefined ? [] : [tellCounts(children)];
  return `${nameOf(nodeId)} (${[kind, ...loop, ...done].join(', ')})`;
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
