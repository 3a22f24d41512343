import type { SubrunNode, WorkflowDefinition } from '../definition/definition.js';
import type { NodeFailure } from '../run/task.js';
import { parallelOf } from './decide-subruns.js';

/** How many runs may stand above a sub-run. */
export const DEEPEST_SUBRUN = 5;

/**
 * Why a node may not run its target; null: it may.
 * @param ancestry names of the workflows from the root to the node's own
 * @param total how many children the node will have
 */
export function targetRefusal(
  node: SubrunNode,
  target: Pick<WorkflowDefinition, 'mutatesCheckout'>,
  ancestry: readonly string[],
  total: number,
): NodeFailure | null {
  const refuse = (message: string): NodeFailure => ({
    code: 'NODE_FAILED',
    message: `Workflow node '${node.id}': ${message}`,
  });
  if (ancestry.includes(node.target)) {
    return refuse(`'${node.target}' would run itself: ${[...ancestry, node.target].join(' → ')}`);
  }
  if (ancestry.length > DEEPEST_SUBRUN) {
    return refuse(`sub-runs are nested more than ${DEEPEST_SUBRUN} deep: ${ancestry.join(' → ')}`);
  }
  const atOnce = Math.min(parallelOf(node), total);
  if (atOnce > 1 && node.isolation === 'inherit' && target.mutatesCheckout !== false) {
    return refuse(
      `${atOnce} runs of '${node.target}' at once would change one checkout. Set max_parallel: 1, isolation: worktree, or mutates_checkout: false in '${node.target}'`,
    );
  }
  return null;
}
