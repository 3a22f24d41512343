import { proxyActivities } from '@temporalio/workflow';
import type {
  Activities,
  JoinChildrenInput,
  PlanChildrenInput,
  PlanChildrenResult,
} from '../src/contract/activities.js';
import { ancestryOf } from '../src/contract/child-request.js';
import type { SubrunNode } from '../src/core/definition/definition.js';
import { runLevel } from '../src/core/run/level.js';
import { scopeFor } from '../src/core/run/scope-for.js';
import type { NodeFailure, NodeOutput } from '../src/core/run/task.js';
import { targetRefusal } from '../src/core/subrun/check-target.js';
import { elementsOf } from '../src/core/subrun/join.js';
import { referencesOf } from '../src/core/subrun/plan-children.js';
import { JOIN_CHILDREN, PLAN_CHILDREN } from './activity-options.js';
import { attemptFailure } from './attempt-failure.js';
import { nodeEnvironment } from './run-variables.js';
import type { Delegating, SubrunParts } from './sub-run-parts.js';

/** With what the next sub-runs of a node are started, or why they are not. */
export async function planOnHost(
  parts: SubrunParts,
  node: SubrunNode,
  from: number,
): Promise<PlanChildrenResult | NodeFailure> {
  const { scope, admission } = parts;
  const { planChildren } = proxyActivities<Activities>(PLAN_CHILDREN);
  try {
    const result = await scope.run(() => planChildren(planInput(parts, node, from)));
    const ancestry = ancestryOf(admission.request);
    return targetRefusal(node, result.program.definition, ancestry, result.total) ?? result;
  } catch (error) {
    const { code, message } = attemptFailure(node.id, error);
    return { code, message: `Workflow node '${node.id}' failed before execution: ${message}` };
  }
}

function planInput(
  { run, admission: { request }, variables }: SubrunParts,
  node: SubrunNode,
  from: number,
): PlanChildrenInput {
  const { id, target, input, fanOut, bindings } = node;
  const task = { id, input, fanOut, ...(bindings && { bindings }) };
  const reader = { layer: node.layer, references: referencesOf(task) };
  const words = { ...nodeEnvironment(request, variables), ...variables.values };
  return {
    runId: request.runId,
    target,
    library: request.library ?? {},
    task,
    scope: scopeFor(runLevel(run.definition, run.state), reader, words),
    from,
    mayHaveFormer: request.resume !== null,
  };
}

/**
 * What sub-runs have given out, as one output, or why there is none.
 * @param count how many of those that are in no page; undefined: all that have ended
 */
export async function joinOnHost(
  { scope, variables: { artifactsDir } }: SubrunParts,
  { node, subruns }: Delegating,
  as: JoinChildrenInput['as'],
  count?: number,
): Promise<NodeOutput | NodeFailure> {
  const { joinChildren } = proxyActivities<Activities>(JOIN_CHILDREN);
  const { fieldsRead, outputFormat } = node;
  const pages = as === 'page' ? [] : subruns.pages.map(({ text }) => text);
  const elements = elementsOf(subruns.children, count);
  const shape = { fieldsRead, ...(outputFormat && { outputFormat }) };
  try {
    return await scope.run(() => joinChildren({ artifactsDir, as, pages, elements, ...shape }));
  } catch (error) {
    return attemptFailure(node.id, error);
  }
}
