import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/contract/run-workflow.js';
import { raiseRunStage, type RunStage } from '../support/run-stage.js';
import { aBashNode, aDefinition } from '../support/builders.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage();
});
afterAll(() => stage.tearDown());

describe('a run', () => {
  it('completes with the output of its last node, and mirrors every step', async () => {
    const definition = aDefinition([aBashNode('first'), aBashNode('second', { needs: ['first'] })]);
    const { handle, request } = await stage.start(definition);
    const result = (await handle.result()) as RunResult;
    expect(result).toMatchObject({ runId: request.runId, status: 'completed', output: { text: 'second' } });
    const [record] = await stage.table.findByPrefix(request.runId, 1);
    expect(record).toMatchObject({ status: 'completed', workflowName: definition.name });
    const events = await stage.table.events(request.runId);
    expect(events.map((event) => `${event.eventType} ${event.nodeName ?? ''}`.trim())).toEqual([
      'workflow_started',
      'node_started first',
      'node_completed first',
      'node_started second',
      'node_completed second',
      'workflow_completed',
    ]);
  });
});
