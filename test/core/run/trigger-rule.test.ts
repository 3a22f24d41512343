import { describe, expect, it } from 'vitest';
import type { TriggerRule } from '../../../src/core/definition/definition.js';
import type { NodeState } from '../../../src/core/run/run-state.js';
import { joins } from '../../../src/core/run/trigger-rule.js';

const STATUS: Readonly<Record<string, NodeState['status']>> = { C: 'completed', S: 'skipped', F: 'failed' };
const RULES: readonly TriggerRule[] = [
  'all_success',
  'one_success',
  'none_failed_min_one_success',
  'all_done',
];

/** How the dependencies settled (C completed, S skipped, F failed), and what each rule makes of it. */
const TABLE: readonly (readonly [string, readonly boolean[]])[] = [
  ['', [true, true, true, true]],
  ['C', [true, true, true, true]],
  ['S', [false, false, false, true]],
  ['F', [false, false, false, true]],
  ['CC', [true, true, true, true]],
  ['CS', [false, true, true, true]],
  ['CF', [false, true, false, true]],
  ['SS', [false, false, false, true]],
  ['SF', [false, false, false, true]],
  ['FF', [false, false, false, true]],
  ['CSF', [false, true, false, true]],
];

describe('a trigger rule', () => {
  const cases = TABLE.flatMap(([dependencies, verdicts]) =>
    RULES.map((rule, index) => ({ rule, dependencies, verdict: verdicts[index] ? 'runs' : 'skips' })),
  );
  it.each(cases)('$rule after [$dependencies] $verdict the node', ({ rule, dependencies, verdict }) => {
    expect(
      joins(
        rule,
        [...dependencies].map((letter) => STATUS[letter]!),
      ),
    ).toBe(verdict === 'runs');
  });
});
