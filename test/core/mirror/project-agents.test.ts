import { expect, it } from 'vitest';
import type { WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { progressRow, project } from '../../../src/core/mirror/project.js';
import { waitingGates } from '../../../src/core/run/run-status.js';
import { aDefinition, aFailure, aGate, anAgentLoop, anAgentNode, someFacts } from '../../support/builders.js';
import { second } from '../../support/run-events.js';
import { simulate, type World } from '../run/simulate.js';

/** What is written of a whole run: `type node` with what the event says of itself. */
function toldOf(definition: WorkflowDefinition, world: Partial<World> = {}) {
  const { steps, state } = simulate(definition, world);
  const facts = someFacts(definition);
  const told = steps.map(({ event, after }) => project(facts, event, after));
  const events = told.flatMap(({ events }) => events);
  return {
    events,
    names: events.map(({ eventType, nodeName }) => `${eventType} ${nodeName ?? ''}`.trim()),
    results: told.flatMap(({ results }) => results),
    rows: steps.map(({ after }) => ({ after, row: progressRow(facts, after, second(9)) })),
    state,
  };
}

it('an agent is told of by its command, provider, model and effort, as Archon does', () => {
  const settings = { provider: 'claude', model: 'opus' };
  const { events, results } = toldOf(aDefinition([anAgentNode('plan', { text: 'a plan', settings })]));
  const data = events.filter(({ nodeName }) => nodeName === 'plan').map((event) => event.data);
  expect(data).toEqual([
    { command: null, provider: 'claude', model: 'opus', effort: null, signalbox: { attempt: 1 } },
    { duration_ms: 5, node_output: 'a plan', signalbox: { attempt: 1 } },
  ]);
  expect(results).toMatchObject([{ nodeId: 'plan', attempt: 1 }]);
});

it('a loop of turns begins, tells of its iterations, and ends under its own name, with one result', () => {
  const loop = anAgentLoop('fix', {
    text: 'so far',
    rules: { until: null, untilBash: { kind: 'inline', text: 'test -f done' } },
  });
  const { names, events, results } = toldOf(aDefinition([loop]), { check: (name) => name === 'fix.2' });
  expect(names).toEqual([
    'workflow_started',
    'node_started fix',
    'loop_iteration_started fix',
    'loop_iteration_completed fix',
    'loop_iteration_started fix',
    'loop_iteration_completed fix',
    'node_completed fix',
    'workflow_completed',
  ]);
  expect(events[1]?.data).toEqual({ type: 'loop', command: null, provider: null, model: null, effort: null });
  expect(events.at(-2)?.data).toMatchObject({ type: 'loop', node_output: 'so far' });
  expect(results.map(({ nodeId }) => nodeId)).toEqual(['fix']);
});

it('a loop of turns that fails says why', () => {
  const { names, events } = toldOf(aDefinition([anAgentLoop('fix')]), {
    attempt: () => aFailure({ message: 'no answer' }),
  });
  expect(names.slice(1, -1)).toEqual([
    'node_started fix',
    'loop_iteration_started fix',
    'loop_iteration_failed fix',
    'node_failed fix',
  ]);
  expect(events.at(-2)?.data).toMatchObject({ error: 'no answer', type: 'loop' });
});

it('an interactive loop of turns is shown as one', () => {
  const rules = { isInteractive: true, gateMessage: 'Like this?' } as const;
  const { rows } = toldOf(aDefinition([anAgentLoop('fix', { text: 'DONE', rules })]));
  const waiting = rows.find(
    ({ after }) =>
      after.progress.active.length > 0 &&
      after.nodes[0]?.status === 'looping' &&
      after.nodes[0].phase.kind === 'asking',
  );
  expect(waiting?.row).toMatchObject({
    status: 'paused',
    metadata: {
      approval: { type: 'interactive_loop', nodeId: 'fix', iteration: 1, completionSignaled: true },
    },
  });
});

it('what a reviewer rejected is mended under the name of its gate, and the row counts the rejections', () => {
  const prompt = { kind: 'inline', text: 'Mend it: $REJECTION_REASON' } as const;
  const definition = aDefinition([aGate('ok', { onReject: { prompt, maxAttempts: 3 } })]);
  let asked = 0;
  const { names, rows } = toldOf(definition, {
    answer: () => ({ decision: (asked += 1) < 3 ? 'reject' : 'approve', text: 'shorter', by: 'me' }),
  });
  const round = [
    'approval_requested ok',
    'approval_received ok',
    'node_started ok:on_reject',
    'node_completed ok:on_reject',
  ];
  expect(names).toEqual([
    'workflow_started',
    ...round,
    ...round,
    'approval_requested ok',
    'node_completed ok',
    'approval_received ok',
    'workflow_completed',
  ]);
  const shown = rows
    .filter(({ after }) => waitingGates(definition, after).length > 0)
    .map(({ row }) => row.metadata);
  expect(shown[0]).toMatchObject({
    approval: { onRejectPrompt: 'Mend it: $REJECTION_REASON', onRejectMaxAttempts: 3 },
  });
  expect(shown.map((metadata) => metadata['rejection_count'])).toEqual([undefined, 1, 2]);
  expect(rows.at(-1)?.row.metadata).toMatchObject({ rejection_count: 0, approval_response: 'approved' });
});
