import type { Graph, Node, WorkflowDefinition } from '../definition/definition.js';
import type { LoopingState } from './loop-state.js';
import { nameAt, type Place } from './place.js';
import type { NodeState, RunState } from './run-state.js';
import { bodyOf, isLooper, REWORK, type Looper } from './turns.js';

/** A graph and where it is: the run's own, or the body of a group, or the turns of an agent, at work. */
export type Level = RunLevel | BodyLevel;

interface RunLevel {
  readonly graph: WorkflowDefinition;
  readonly state: RunState;
  readonly within: null;
}

export interface BodyLevel {
  readonly graph: Graph;
  readonly state: RunState;
  readonly within: {
    readonly level: Level;
    readonly group: Looper;
    readonly loop: LoopingState;
  };
}

export function runLevel(graph: WorkflowDefinition, state: RunState): Level {
  return { graph, state, within: null };
}

/** The body of the group at that position, or the turn of an agent there; null: there is none at work. */
export function bodyAt(level: Level, position: number): BodyLevel | null {
  const group = level.graph.nodes[position];
  const loop = level.state.nodes[position];
  if (group === undefined || !isLooper(group) || loop?.status !== 'looping') return null;
  return { graph: bodyOf(group), state: loop.body, within: { level, group, loop } };
}

/** The graph of a place; null: that iteration is over. */
export function levelAt(definition: WorkflowDefinition, state: RunState, place: Place): Level | null {
  let level: Level | null = runLevel(definition, state);
  for (const { nodeId, iteration } of place) {
    const body: BodyLevel | null = bodyAt(level, level.state.plan.positionOf.get(nodeId) ?? -1);
    if (body?.within.loop.iteration !== iteration) return null;
    level = body;
  }
  return level;
}

/** A node by the name that `nameAt` gives it. */
export function findNode(graph: Graph, name: string): Node | null {
  const own = graph.nodes.find(({ id }) => id === name);
  if (own) return own;
  for (const node of graph.nodes) {
    const found = findWithin(node, name);
    if (found) return found;
  }
  return null;
}

function findWithin(node: Node, name: string): Node | null {
  if (node.kind === 'approval' && name === nameAt([{ nodeId: node.id, iteration: 1 }], REWORK)) {
    return bodyOf(node).nodes[0] ?? null;
  }
  if (node.kind !== 'loop_group' || !name.startsWith(`${node.id}.`)) return null;
  return findNode(node.body, name.slice(node.id.length + 1));
}

/** Where a node is, by its name; null: there is no such node, or its group is not at work. */
export function findState(level: Level, name: string): NodeState | null {
  const own = level.graph.nodes.findIndex(({ id }) => id === name);
  if (own >= 0) return level.state.nodes[own] ?? null;
  for (const [position, group] of level.graph.nodes.entries()) {
    const body = name.startsWith(`${group.id}.`) ? bodyAt(level, position) : null;
    const found = body && findState(body, name.slice(group.id.length + 1));
    if (found) return found;
  }
  return null;
}
