import { describe, expect, it } from 'vitest';
import { progressRow } from '../../../src/core/mirror/project.js';
import { agentsOf, requireNoAgents } from '../../../src/core/run/require-no-agents.js';
import type { WorkflowDefinition } from '../../../src/core/definition/definition.js';
import {
  aBashNode,
  aDefinition,
  aGate,
  aLoopGroup,
  anOutput,
  nodeId,
  someFacts,
} from '../../support/builders.js';
import { second } from '../../support/run-events.js';
import { simulate } from './simulate.js';

const returning = (script: string, over: Partial<WorkflowDefinition> = {}): WorkflowDefinition => {
  const drafts = [
    aBashNode('verdict', { script }),
    aBashNode('reader', { needs: ['verdict'], script: 'saw $verdict.output.good' }),
  ];
  return aDefinition(drafts, { returns: nodeId('verdict'), ...over });
};

describe('a workflow that names the node it returns', () => {
  it('gives out what that node gave, though it is not the last', () => {
    const { outcome } = simulate(returning('{"good":true}')).state;
    expect(outcome).toEqual({ status: 'completed', result: anOutput('{"good":true}', ['good']) });
  });

  it.each([
    ['succeeded', '{"good":true}'],
    ['failed', '{"good":false}'],
  ])('says in its row that its work has %s, and completes', (outcome, script) => {
    const definition = returning(script, { outcomeField: 'good' });
    const { state } = simulate(definition);
    expect(state.outcome).toMatchObject({ status: 'completed' });
    expect(progressRow(someFacts(definition), state, second(9)).outcome).toBe(outcome);
  });

  it.each(['{"good":"yes"}', '{"good":null}'])('fails when it says neither: %s', (script) => {
    const definition = returning(script, { outcomeField: 'good' });
    const { state } = simulate(definition);
    expect(state.outcome).toMatchObject({
      status: 'failed',
      failure: { code: 'RUN_FAILED', message: expect.stringContaining("outcome_field 'good'") },
    });
    expect(progressRow(someFacts(definition), state, second(9))).not.toHaveProperty('outcome');
  });
});

describe('a workflow with agents', () => {
  const agent = {
    kind: 'agent',
    prompt: { kind: 'inline', text: { kind: 'inline', text: 'Do it' } },
    settings: {},
    idleTimeoutMs: 1,
    retry: null,
  } as const;

  it.each([
    ['an agent node', (one: WorkflowDefinition) => ({ ...one.nodes[0]!, ...agent }), 'a'],
    [
      'a gate with rework',
      (one: WorkflowDefinition) => ({
        ...one.nodes[1]!,
        onReject: { prompt: { kind: 'inline', text: 'Mend it' }, maxAttempts: 3 },
      }),
      'gate',
    ],
    [
      'an agent node in a body',
      (one: WorkflowDefinition) => ({
        ...one.nodes[2]!,
        body: { schedule: 'layers', nodes: [{ ...one.nodes[0]!, ...agent }] },
      }),
      'g.a',
    ],
  ])('is refused, by the name of the node: %s', (_title, change, name) => {
    const plain = aDefinition([aBashNode('a'), aGate('gate'), aLoopGroup('g', [aBashNode('b')])]);
    expect(() => requireNoAgents(plain.name, agentsOf(plain))).not.toThrow();
    const definition = { ...plain, nodes: [change(plain)] } as WorkflowDefinition;
    expect(() => requireNoAgents(definition.name, agentsOf(definition))).toThrow(
      expect.objectContaining({
        code: 'AGENT_UNSUPPORTED',
        details: expect.objectContaining({ nodes: [name] }),
      }),
    );
  });
});
