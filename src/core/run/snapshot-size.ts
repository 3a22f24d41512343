import type { NodeId } from '../ids.js';
import { excerptOf } from './excerpt.js';
import { jsonBytes, outputsToMove, SHORTER_EXCERPTS, withShortExcerpt } from './output-size.js';
import { inside, nameAt, type Place } from './place.js';
import type { NodeState, RunPlan, RunState } from './run-state.js';
import { toSnapshot, type RunSnapshot } from './snapshot.js';
import type { NodeOutput } from './task.js';

/**
 * Outputs that must move to files before the run's snapshot fits, the largest first, by names that
 * `withOutputs` understands. Empty: it fits, or nothing more can move.
 */
export function outputsToStore(state: RunState, limitBytes: number): Readonly<Record<string, NodeOutput>> {
  const outputs: { nodeId: NodeId; output: NodeOutput }[] = [];
  mapped(state, [], (name, node) => {
    if ('output' in node) outputs.push({ nodeId: name, output: node.output });
    return node;
  });
  const byName = new Map(outputs.map(({ nodeId, output }) => [nodeId, output]));
  const names = outputsToMove(outputs, jsonBytes(toSnapshot(state)) - limitBytes);
  return Object.fromEntries(
    names.flatMap((name) => {
      const output = byName.get(name);
      return output ? [[name, output]] : [];
    }),
  );
}

/** The same run with some outputs in other places: what `outputsToStore` named, moved to files. */
export function withOutputs(state: RunState, outputs: Readonly<Record<string, NodeOutput>>): RunState {
  return mapped(state, [], (name, node) => {
    const output = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
    return output && 'output' in node ? { ...node, output } : node;
  });
}

/**
 * The run's snapshot with what is only shown to people (excerpts of outputs in files, messages of failures) as
 * short as the limit asks. For a run of very many nodes, once its outputs have moved to files.
 */
export function snapshotWithin(state: RunState, limitBytes: number): RunSnapshot {
  let snapshot = toSnapshot(state);
  for (const characters of SHORTER_EXCERPTS) {
    if (jsonBytes(snapshot) <= limitBytes) break;
    snapshot = toSnapshot(mapped(state, [], (_name, node) => withShortTexts(node, characters)));
  }
  return snapshot;
}

type Change = (name: NodeId, node: NodeState) => NodeState;

/** The run with every node changed that keeps its status: those of bodies, and of iterations before, too. */
function mapped(state: RunState, place: Place, change: Change): RunState {
  return { ...state, nodes: mappedNodes(state.plan, state.nodes, place, change) };
}

function mappedNodes(
  plan: RunPlan,
  nodes: readonly NodeState[],
  place: Place,
  change: Change,
): readonly NodeState[] {
  const ids = [...plan.positionOf.keys()];
  return nodes.map((node, position) => {
    const nodeId = ids[position];
    if (nodeId === undefined) return node;
    if (node.status !== 'looping') return change(nameAt(place, nodeId), node);
    const { iteration, body, previous } = node;
    const now = inside(place, { nodeId, iteration });
    const before = inside(now, { nodeId: BEFORE, iteration: iteration - 1 });
    return {
      ...node,
      body: mapped(body, now, change),
      previous: mappedNodes(body.plan, previous, before, change),
    };
  });
}

/** Sets the iteration before apart from the present one; no id has a space in front. */
const BEFORE = ' before' as NodeId;

function withShortTexts(node: NodeState, characters: number): NodeState {
  if (node.status === 'failed') {
    const message = excerptOf(node.failure.message, characters);
    return { ...node, failure: { ...node.failure, message } };
  }
  return 'output' in node ? { ...node, output: withShortExcerpt(node.output, characters) } : node;
}
