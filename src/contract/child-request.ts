import type { SubrunNode } from '../core/definition/definition.js';
import type { RunId } from '../core/ids.js';
import { planChildWorktree } from '../core/isolation/plan-worktree.js';
import type { NodeFailure } from '../core/run/task.js';
import type { ChildPlan } from '../core/subrun/subruns.js';
import type { ChildProgram } from './activities.js';
import type { RootLink } from './parent-link.js';
import type { StartRequest } from './start-request.js';

/** Who starts a sub-run. */
export interface Parent {
  readonly request: StartRequest;
  readonly temporalWorkflowId: string;
  /** In whose box the parent works: its root's, or its own. */
  readonly root: RootLink;
  readonly baseBranch: string;
}

/** Which sub-run, and under which ids. */
export interface Birth {
  readonly node: SubrunNode;
  readonly index: number;
  readonly plan: ChildPlan;
  readonly program: ChildProgram;
  /** Of a child that is not resumed. */
  readonly newRunId: RunId;
  readonly startToken: string;
}

/** Everything that a sub-run is started with. What is not its own it has from its parent. */
export function childRequest(
  { request, temporalWorkflowId, root, baseBranch }: Parent,
  birth: Birth,
): StartRequest {
  const { worktree: _ofTheParent, workingPath: _too, libraryRuntimes: _known, ...inherited } = request;
  const { node, index, plan, program, newRunId, startToken } = birth;
  const { hash, message, inputs, inputValues, former } = plan;
  const resumed = former?.kind === 'ended' ? former : null;
  return {
    ...inherited,
    ...program,
    ...placeOf(request, node, index),
    ...{ runId: resumed?.runId ?? newRunId, startToken, message, inputs },
    resume: resumed && { epoch: resumed.epoch, error: resumed.error },
    parent: {
      ...{ runId: request.runId, temporalWorkflowId, nodeId: node.id, hash, inputValues },
      // With a worktree of its own it is the root of whatever it runs.
      root: node.isolation === 'worktree' ? null : root,
      index: node.fanOut === null ? null : index,
      ancestry: [...ancestryOf(request)],
      ...{ environmentRunId: root.runId, baseBranch },
    },
  };
}

/** Where a sub-run works: where its parent does, or in a worktree that is its own each time that the parent is resumed. */
function placeOf(
  { runId, workingPath, worktrees, baseBranch: base }: StartRequest,
  { id, isolation }: SubrunNode,
  index: number,
): Pick<StartRequest, 'workingPath' | 'worktree'> {
  if (isolation === 'inherit' || worktrees === undefined) return { workingPath };
  const plan = planChildWorktree(worktrees, { parentRunId: runId, nodeId: id, index, base });
  return { workingPath: plan.workingPath, worktree: plan.order };
}

/** Why the sub-runs of a node can have no worktrees, which it wants for them; null: they can. */
export function worktreeRefusal(
  { worktrees }: StartRequest,
  { id, isolation }: SubrunNode,
): NodeFailure | null {
  if (isolation === 'inherit' || worktrees !== undefined) return null;
  const message = `Workflow node '${id}': its sub-runs are to have worktrees, and the run was started in no git repository; start it in one, or use isolation: inherit`;
  return { code: 'WORKTREE_FAILED', message };
}

/** Names of workflows from the root's to the run's own. */
export function ancestryOf({ parent, definition }: StartRequest): readonly string[] {
  return [...(parent?.ancestry ?? []), definition.name];
}
