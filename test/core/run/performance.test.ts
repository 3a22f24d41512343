import { describe, expect, it } from 'vitest';
import type { Schedule, WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { decide } from '../../../src/core/run/decide.js';
import { evolve, initialState } from '../../../src/core/run/evolve.js';
import type { RunState } from '../../../src/core/run/run-state.js';
import { aBashNode, aDefinition } from '../../support/builders.js';
import { nodeCompleted, nodeStarted, runFinished } from '../../support/run-events.js';

const NODES = 1000;
/** Five times the 150 ms that a graph of this size is allowed. */
const BOUND_MS = 5 * 150;

const names = Array.from({ length: NODES }, (_, index) => `n${index}`);
const chain = names.map((id, index) => aBashNode(id, { needs: index === 0 ? [] : [`n${index - 1}`] }));
const wide = names.map((id) => aBashNode(id));
const random = names.map((id, index) => {
  const needs = [index * 7919, index * 104_729, index * 1_299_709].map(
    (number) => `n${number % Math.max(1, index)}`,
  );
  return aBashNode(id, { needs: index === 0 ? [] : [...new Set(needs)] });
});

/** Everything that decide and evolve do for a run, one decision per event of the outside world. */
function conduct(definition: WorkflowDefinition): RunState {
  let state = initialState(definition, {});
  const running: string[] = [];
  while (state.outcome === null) {
    for (const action of decide(definition, state)) {
      if (action.type === 'finish') state = evolve(definition, state, runFinished(action.outcome));
      if (action.type !== 'startNode') continue;
      state = evolve(definition, state, nodeStarted(action.nodeId));
      running.push(action.nodeId);
    }
    const ended = running.shift();
    if (ended !== undefined) state = evolve(definition, state, nodeCompleted(ended, 'x'));
  }
  return state;
}

describe('decide and evolve over a graph of a thousand nodes', () => {
  const graphs = { chain, wide, random };
  const cases = (['layers', 'dataflow'] satisfies Schedule[]).flatMap((schedule) =>
    Object.entries(graphs).map(([shape, drafts]) => ({ schedule, shape, drafts })),
  );
  it.each(cases)('stay far below a second for a whole run: $shape, $schedule', ({ schedule, drafts }) => {
    const definition = aDefinition(drafts, { schedule });
    conduct(definition);
    const begun = performance.now();
    const { outcome } = conduct(definition);
    expect(outcome?.status).toBe('completed');
    expect(performance.now() - begun).toBeLessThan(BOUND_MS);
  });
});
