import { RunError } from '../src/core/errors.js';
import type { NodeId } from '../src/core/ids.js';
import { nameAt, titleAt } from '../src/core/run/place.js';
import { runTurn } from './agent-turn.js';
import type { AttemptEnd } from './attempt-end.js';
import { nodeTask, type WorkAt, type WorkOf } from './node-task.js';
import { isWork, runOnHost } from './node-work.js';

/** One attempt of a node, by whatever does such nodes. */
export async function attemptAt(
  at: WorkAt,
  nodeId: NodeId,
  attempt: number,
  work: WorkOf,
): Promise<AttemptEnd> {
  const node = at.level.graph.nodes.find(({ id }) => id === nodeId);
  if (node?.kind === 'agent') return runTurn(node, attempt, at, work);
  if (!node || !isWork(node)) {
    throw new RunError('INTERNAL', `node '${nameAt(at.place, nodeId)}' is no work for the host`);
  }
  return runOnHost(node, nodeTask(node, attempt, at, work), work.admission, titleAt(at.place, nodeId));
}
