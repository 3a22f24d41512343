import { afterAll, beforeAll, expect, it } from 'vitest';
import { aBashNode, aDefinition, aGate, aLoopGroup } from '../support/builders.js';
import { fails, says } from '../support/node-scripts.js';
import { decide, endOf, eventsOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, type RunStage } from '../support/run-stage.js';
import { devServer } from '../support/temporal-servers.js';

/** Temporal's own value is 4096. */
const SUGGESTED_EVENTS = 60;

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(
    await devServer({ 'limit.historyCount.suggestContinueAsNew': String(SUGGESTED_EVENTS) }),
  );
});
afterAll(() => stage.tearDown());

const script = { kind: 'inline', text: 'test -f done' } as const;
const iterationOf = (attemptId: string): number => Number(attemptId.split('.')[1]);

it('a long loop continues as new in the middle, and goes on in the iteration where it was', async () => {
  const iterations = 12;
  stage.nodes
    .set('g.a', (task, signal) => says(`a of ${iterationOf(task.attemptId)}`)(task, signal))
    .set('g', (task, signal) =>
      (iterationOf(task.attemptId) === iterations ? says('') : fails('not yet'))(task, signal),
    );
  const body = [
    aBashNode('a'),
    aGate('ok', { needs: ['a'], when: "$a.output == 'a of 9'" }),
    aBashNode('b', { needs: ['ok'], triggerRule: 'all_done', script: 'see $LOOP_PREV.a.output' }),
  ];
  const rules = { until: null, untilBash: script, maxIterations: 1_000 };
  const run = await stage.start(aDefinition([aLoopGroup('g', body, { rules })]));
  const waiting = await untilWaiting(run, 'g.ok');
  expect(waiting.nodes[0]).toMatchObject({ nodeId: 'g', status: 'looping', iteration: 9 });
  await decide(run, { nodeId: 'g.ok', decision: 'approve' });
  expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
  const { runId } = await run.handle.describe();
  expect(runId).not.toBe(run.handle.firstExecutionRunId);
  const events = await eventsOf(stage, run);
  expect(events.filter((event) => event === 'loop_iteration_completed g')).toHaveLength(iterations);
  const seen = stage.tasks.filter(({ nodeId }) => nodeId === 'g.b').map(({ scope }) => scope.previous);
  expect(seen.slice(1)).toEqual(
    Array.from({ length: iterations - 1 }, (_, index) => ({
      a: {
        state: 'completed',
        output: { text: { kind: 'inline', text: `a of ${index + 1}` }, fields: null },
      },
    })),
  );
});
