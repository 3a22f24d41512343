import type { SubrunNode, WorkflowDefinition } from '../definition/definition.js';
import { RunError } from '../errors.js';
import type { Level } from '../run/level.js';
import { scopeFor } from '../run/scope-for.js';
import type { NodeFailure, NodeOutput } from '../run/task.js';
import { targetRefusal } from '../subrun/check-target.js';
import { evolveSubruns } from '../subrun/evolve-subruns.js';
import { elementsOf, joined, type Element } from '../subrun/join.js';
import { planChildren, referencesOf } from '../subrun/plan-children.js';
import { NO_SUBRUNS, type ChildEnd, type ChildPlan, type Subruns } from '../subrun/subruns.js';
import { outputOf } from './output-of.js';
import { labelOf } from './work.js';

/** How a dry run of a node's sub-runs goes. */
export interface SubrunPlay {
  /** Names of the workflows from the root's to the node's own. */
  readonly ancestry: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Goes through one of them; null: it waits for a person. @param item null: of a node without a list */
  readonly play: (plan: ChildPlan, item: number | null) => Promise<ChildEnd | null>;
}

export type SubrunsPlayed =
  | { readonly kind: 'completed'; readonly output: NodeOutput; readonly count: number }
  | { readonly kind: 'failed'; readonly failure: NodeFailure }
  | { readonly kind: 'paused' };

/** Plans and plays the sub-runs of a node, one after the other, and puts together what they give out. */
export async function playSubruns(
  node: SubrunNode,
  target: WorkflowDefinition,
  level: Level,
  how: SubrunPlay,
): Promise<SubrunsPlayed> {
  try {
    return await playAll(node, planned(node, target, level, how), how);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const message = `${labelOf(node)} failed before execution: ${error.message}`;
    return { kind: 'failed', failure: { code: error.code, message } };
  }
}

/** @throws RunError why they cannot be planned, or may not be run */
function planned(node: SubrunNode, target: WorkflowDefinition, level: Level, how: SubrunPlay): ChildPlan[] {
  const scope = scopeFor(level, { layer: node.layer, references: referencesOf(node) }, how.variables);
  const plans: ChildPlan[] = [];
  for (let total = Infinity; plans.length < total;) {
    const slice = planChildren(node, target, scope, plans.length);
    total = slice.total;
    plans.push(...slice.plans.map((plan) => ({ ...plan, former: null })));
  }
  const refusal = targetRefusal(node, target, how.ancestry, plans.length);
  if (refusal !== null) throw new RunError(refusal.code, refusal.message);
  return plans;
}

async function playAll(
  node: SubrunNode,
  plans: readonly ChildPlan[],
  how: SubrunPlay,
): Promise<SubrunsPlayed> {
  const nodeId = node.id;
  let subruns: Subruns = evolveSubruns(
    node,
    { ...NO_SUBRUNS, asked: 'plan' },
    { type: 'childrenPlanned', nodeId, total: plans.length, plans },
  );
  let isPaused = false;
  for (const [index, plan] of plans.entries()) {
    const end = await how.play(plan, node.fanOut === null ? null : index);
    if (end === null) isPaused = true;
    else subruns = evolveSubruns(node, subruns, { type: 'childEnded', nodeId, index, end });
    if (subruns.failure !== null) return { kind: 'failed', failure: subruns.failure };
  }
  if (isPaused) return { kind: 'paused' };
  return { kind: 'completed', output: joinedOutput(node, elementsOf(subruns.children)), count: plans.length };
}

function joinedOutput(node: SubrunNode, elements: readonly Element[]): NodeOutput {
  const texts = elements.map((element) => (element.kind === 'text' ? textIn(element) : ''));
  if (node.fanOut !== null) return outputOf(node, joined([], elements, texts));
  const [only] = elements;
  const output = outputOf(node, texts[0] ?? '');
  return only?.kind === 'text' && only.isStructured ? { ...output, isStructured: true } : output;
}

function textIn({ text }: Extract<Element, { readonly kind: 'text' }>): string {
  return text.kind === 'inline' ? text.text : text.excerpt;
}
