import type { AgentNode, Graph, Node } from '../definition/definition.js';
import { isJsonObject } from '../json.js';
import type { Level } from './level.js';
import type { NodeState } from './run-state.js';

/**
 * Which conversation with its agent a turn goes on with, by its provider's name for it. `forked`: as it stood after its
 * last whole turn, without what is said from now on going into it.
 */
export type TurnSession =
  { readonly kind: 'fresh' } | { readonly kind: 'continued' | 'forked'; readonly id: string };

const FRESH: TurnSession = { kind: 'fresh' };

/**
 * The conversation goes from one layer of one node to the next, where their providers are the same, and from an
 * iteration to the one after; `context` and `fresh_context` say otherwise. An attempt that follows a failed one leaves
 * alone what that has half written.
 * @param attempt from 1
 */
export function sessionFor(level: Level, node: AgentNode, attempt: number): TurnSession {
  const { context } = node.settings;
  if (context === 'fresh') return FRESH;
  if (isJsonObject(context)) {
    const producer = level.graph.nodes.findIndex(({ id }) => id === context['resume']);
    const id = sessionIn(level.state.nodes[producer]);
    return id === undefined ? FRESH : { kind: 'forked', id };
  }
  const id = isAlone(level.graph, node) ? threadAt(level, node) : undefined;
  if (id === undefined) return FRESH;
  return { kind: attempt === 1 ? 'continued' : 'forked', id };
}

/** The conversation that a node's agent had; undefined: it had none, or has not finished. */
export function sessionIn(state: NodeState | undefined): string | undefined {
  return state?.status === 'completed' ? state.session : undefined;
}

function isAlone({ nodes }: Graph, { layer }: Node): boolean {
  return nodes.filter((node) => node.layer === layer).length === 1;
}

/** What has been said before a node: in its own graph, else in the iteration before. */
function threadAt({ graph, state, within }: Level, node: AgentNode): string | undefined {
  const before = lastBefore(graph, state.nodes, node.layer);
  if (before !== 'nobody') return sessionOf(before, node);
  if (within === null || within.group.kind === 'approval') return undefined;
  const { group, loop } = within;
  if (loop.iteration === 1 || group.rules.freshContext) return undefined;
  const last = lastBefore(graph, loop.previous, Infinity);
  return last === 'nobody' ? undefined : sessionOf(last, node);
}

/** Whoever spoke last; null: several at once stand between, and none of them goes on. */
type Speaker = { readonly node: Node; readonly state: NodeState } | null | 'nobody';

function lastBefore({ nodes }: Graph, states: readonly NodeState[], layer: number): Speaker {
  const layers = new Map<number, number[]>();
  nodes.forEach((node, position) => {
    if (node.layer < layer) layers.set(node.layer, [...(layers.get(node.layer) ?? []), position]);
  });
  for (const [, positions] of [...layers].sort(([a], [b]) => b - a)) {
    const [position = -1, ...others] = positions;
    if (others.length > 0) return null;
    const node = nodes[position];
    const state = states[position];
    if (node && state?.status === 'completed' && (node.kind === 'agent' || node.kind === 'loop')) {
      return { node, state };
    }
  }
  return 'nobody';
}

/** A conversation cannot go on with another provider. */
function sessionOf(speaker: Exclude<Speaker, 'nobody'>, { settings }: AgentNode): string | undefined {
  if (speaker === null || !('settings' in speaker.node)) return undefined;
  return speaker.node.settings['provider'] === settings['provider'] ? sessionIn(speaker.state) : undefined;
}
