import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TakenOver } from '../../src/core/lease/taken-over.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import { endOf, eventsOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());

const DEAD: TakenOver = {
  runId: '7c1f2a9e-5d2b-4c1a-9f00-000000000001',
  temporalWorkflowId: 'run.68656deb43f8cbb6ed458b5101933cec.me-repo',
  temporalAddress: 'elsewhere:7233',
  temporalNamespaceId: 'c2f0f6b4-6d2e-4d5c-9e0a-111111111111',
  since: '2026-11-22T09:02:11.000Z',
};

it('a run that takes its path over from a dead run of another Temporal tells so in its mirror, once', async () => {
  stage.deserted.push(DEAD);
  const run = await stage.start(aDefinition([aBashNode('build')]));
  expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
  expect(await eventsOf(stage, run)).toEqual([
    'workflow_started',
    'workflow_parse_warnings',
    'node_started build',
    'node_completed build',
    'workflow_completed',
  ]);
  const events = await stage.table.events(run.request.runId);
  const told = events.find(({ eventType }) => eventType === 'workflow_parse_warnings');
  expect(told?.data).toEqual({
    workflowName: run.request.definition.name,
    warnings: [
      expect.stringMatching(
        /^the working path was taken over from run 7c1f2a9e-.*\(elsewhere:7233, namespace c2f0/,
      ),
    ],
    signalbox: { takenOver: DEAD },
  });
});
