import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Binding } from '../../src/core/definition/definition.js';
import { parseOperand } from '../../src/core/expression/reference.js';
import { aBashNode, aDefinition, aScriptNode } from '../support/builders.js';
import { fails, inTurn, losesItsWorker, says } from '../support/node-scripts.js';
import { endOf, eventsOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());
beforeEach(() => {
  stage.nodes.clear();
  stage.tasks.length = 0;
});

const RETRY = { maxAttempts: 2, delayMs: 1_000, onError: 'transient' } as const;

describe('a script node', () => {
  it('is asked of the host with its program, and with what its text and its bindings refer to', async () => {
    const count: Binding = { kind: 'reference', reference: parseOperand('$a.output.n')! };
    const outputFormat = { type: 'object' };
    const own = { text: 'print($b.output)', runtime: 'uv', deps: ['six'], needs: ['a', 'b'] } as const;
    const script = aScriptNode('c', { ...own, bindings: { count }, outputFormat });
    stage.nodes.set('a', says('{"n": 7}'));
    const run = await stage.start(aDefinition([aBashNode('a'), aBashNode('b'), script]));
    expect(await endOf(stage, run)).toMatchObject({ row: 'completed' });
    expect(stage.tasks.at(-1)).toMatchObject({
      nodeId: 'c',
      source: { kind: 'inline', text: { text: 'print($b.output)' } },
      runtime: 'uv',
      deps: ['six'],
      bindings: { count },
      outputFormat,
      scope: {
        nodes: { a: { state: 'completed' }, b: { state: 'completed', output: { text: { text: 'b' } } } },
      },
    });
  });

  it.each([
    ['a transient failure', fails("Script node 'a' failed [exit 1]: fetch failed: ETIMEDOUT")],
    ['the loss of its worker', losesItsWorker],
  ])('is tried again after %s', async (_what, first) => {
    stage.nodes.set('a', inTurn(first, says('done')));
    const run = await stage.start(aDefinition([aScriptNode('a', { retry: RETRY })]));
    expect(await endOf(stage, run)).toMatchObject({ row: 'completed' });
    expect(await eventsOf(stage, run)).toEqual(
      expect.arrayContaining(['node_started a', 'node_failed a', 'node_completed a']),
    );
    expect(stage.tasks).toHaveLength(2);
  });

  it('is not tried again after another failure', async () => {
    stage.nodes.set('a', fails("Script node 'a' failed [exit 1]: TypeError"));
    const run = await stage.start(aDefinition([aScriptNode('a', { retry: RETRY })]));
    expect(await endOf(stage, run)).toMatchObject({ row: 'failed', code: 'RUN_FAILED' });
    expect(stage.tasks).toHaveLength(1);
  });
});
