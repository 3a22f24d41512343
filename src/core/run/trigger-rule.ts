import type { TriggerRule } from '../definition/definition.js';
import type { NodeState } from './run-state.js';

type Settled = NodeState['status'];

const RULES: Readonly<Record<TriggerRule, (dependencies: readonly Settled[]) => boolean>> = {
  all_success: (dependencies) => dependencies.every((status) => status === 'completed'),
  one_success: (dependencies) => dependencies.includes('completed'),
  none_failed_min_one_success: (dependencies) =>
    dependencies.includes('completed') && !dependencies.includes('failed'),
  all_done: () => true,
};

/**
 * Whether a join lets its node run; if not, the node is skipped.
 * @param dependencies how the direct dependencies settled; none: the node runs
 */
export function joins(rule: TriggerRule, dependencies: readonly Settled[]): boolean {
  return dependencies.length === 0 || RULES[rule](dependencies);
}
