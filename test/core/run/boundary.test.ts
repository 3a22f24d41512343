import { describe, expect, it } from 'vitest';
import type { Boundary, WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { parseCondition } from '../../../src/core/expression/condition.js';
import { evolve, initialState } from '../../../src/core/run/evolve.js';
import { aBashNode, aDefinition, aFailure, anOutput, nodeId } from '../../support/builders.js';
import { simulate } from './simulate.js';

const AT = '2026-11-22T09:00:00.000Z';

/** `outer` before an include whose last node `inner` does not begin it. */
function included(boundary: Partial<Boundary>): WorkflowDefinition {
  const definition = aDefinition([
    aBashNode('outer', { script: 'x' }),
    aBashNode('entry', { needs: ['outer'], triggerRule: 'all_done' }),
    aBashNode('inner', { needs: ['entry'], triggerRule: 'all_done' }),
  ]);
  const whole: Boundary = { dependsOn: [0], triggerRules: ['all_success'], when: null, ...boundary };
  const nodes = definition.nodes.map((node, at) => (at === 2 ? { ...node, boundaries: [whole] } : node));
  return { ...definition, nodes };
}

const when = (text: string) => ({ text, condition: parseCondition(text) });
const broken = { attempt: (name: string) => (name === 'outer' ? aFailure() : ('completed' as const)) };

describe('a node inside an include', () => {
  it.each([
    ['runs', 'while what the include depends on succeeds', {}, {}],
    ['is skipped', 'when it fails', {}, broken],
    ['runs', 'when one of several rules holds', { triggerRules: ['all_success', 'all_done'] }, broken],
    ['runs', "when the include's condition is true", { when: when("$outer.output == 'x'") }, {}],
    ['is skipped', 'when it is false', { when: when("$outer.output == 'y'") }, {}],
    ['is skipped', 'when it cannot be read', { when: when('(nonsense') }, {}],
    ['is skipped', 'when it refers to nothing', { when: when("$outer.output.verdict == 'y'") }, {}],
  ] as const)('%s %s', (verdict, _title, boundary, world) => {
    const { state } = simulate(included(boundary), world);
    const expected =
      verdict === 'runs' ? { status: 'completed' } : { status: 'skipped', reason: 'trigger_rule' };
    expect(state.nodes[2]).toMatchObject(expected);
  });

  it.each([
    ['is kept', 'that runs the include as before', ['outer', 'entry', 'inner'], 'completed'],
    ['is skipped', 'that skips the include as a whole', ['entry', 'inner'], 'skipped'],
  ] as const)('%s by a resume %s', (_verdict, _title, kept, status) => {
    const condition = when("$outer.output == 'former'");
    const definition = included({ when: condition });
    const nodes = definition.nodes.map((node) => (node.id === 'entry' ? { ...node, when: condition } : node));
    const conditional = { ...definition, nodes };
    const results = kept.map((id) => ({ nodeId: nodeId(id), attempt: 1, output: anOutput('former') }));
    const begun = evolve(conditional, initialState(conditional, {}), { type: 'runStarted', at: AT });
    const resumed = evolve(conditional, begun, { type: 'runResumed', kept: results, at: AT });
    expect(simulate(conditional, {}, resumed).state.nodes[2]).toMatchObject({ status });
  });

  it('waits for what the include depends on, also where nodes begin as soon as they may', () => {
    const definition = { ...included({}), schedule: 'dataflow' } as const;
    const [outer, entry, inner] = definition.nodes;
    const free = { ...definition, nodes: [outer!, entry!, { ...inner!, dependsOn: [], layer: 2 }] };
    const { steps } = simulate(free);
    expect(steps.flatMap(({ event }) => (event.type === 'nodeStarted' ? [event.nodeId] : []))).toEqual([
      'outer',
      'entry',
      'inner',
    ]);
  });
});
