import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import type { ActivityExecutionFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromFailure } from '../../src/contract/failure.js';
import { MESSAGES } from '../../src/contract/messages.js';
import { SEARCH_ATTRIBUTES } from '../../src/contract/memo.js';
import { hostTaskQueue } from '../../src/contract/task-queues.js';
import { nodeOfActivityId, runWorkflowId } from '../../src/contract/workflow-id.js';
import { aBashNode, aDefinition, aGate, aLoopGroup } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch } from '../support/node-scripts.js';
import { decide, endOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, STAGE_HOST, STAGE_UID, type RunStage } from '../support/run-stage.js';
import { devServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
});
afterAll(() => stage.tearDown());

const STATUS = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, SearchAttributeType.KEYWORD);
const decisions = [
  { id: 'approve', label: null },
  { id: 'later', label: 'On\nMonday' },
];
const definition = aDefinition([
  aBashNode('build', { description: 'Makes\nit' }),
  aGate('review', { message: 'Ship it?', needs: ['build'], decisions }),
]);

interface WorkflowMetadata {
  readonly currentDetails: string;
  readonly definition: Readonly<
    Record<'updateDefinitions' | 'signalDefinitions' | 'queryDefinitions', readonly Named[]>
  >;
}
interface Named {
  readonly name: string;
  readonly description: string;
}

describe('what an operator sees of a run', () => {
  it('is kept current: every node with its state, who is waited for, and what to type', async () => {
    const building = aLatch();
    stage.nodes.set('build', building.script);
    const run = await stage.start(definition);
    const { runId, workingPath } = run.request;
    const details = async () =>
      (await run.handle.query<WorkflowMetadata>('__temporal_workflow_metadata')).currentDetails;
    await building.reached;
    const [title, , line] = (await details()).split('\n');
    expect(title).toBe(`### fix-issue · ${workingPath}`);
    expect(line).toMatch(new RegExp(`^run \`${runId}\`, running, started .*Z by me@laptop$`));
    expect(await details()).toContain('- ▶ `build` bash, running: Makes it\n- ◌ `review` approval, pending');
    building.open();
    await untilWaiting(run, 'review');
    const waiting = await details();
    expect(waiting).toContain('- ✓ `build` bash, completed: Makes it\n- ⏸ `review` approval, waiting');
    expect(waiting).toMatch(/\*\*Waits at `review`\*\* since .*Z: Ship it\?/);
    expect(waiting).toContain(`    signalbox respond ${runId} approve --node review\n`);
    expect(waiting).toContain(`    signalbox respond ${runId} later --node review  # On Monday\n`);
    expect(waiting).toContain(`signalbox cancel ${runId}`);
    await decide(run, { decision: 'approve' });
    await endOf(stage, run);
    expect(await details()).toContain(', completed, started ');
    expect(await details()).not.toContain('signalbox cancel');
  });

  it('tells iterations of a loop from one another', async () => {
    const turns = aLoopGroup('outer', [aLoopGroup('inner', [aBashNode('build')])]);
    const run = await stage.start(aDefinition([turns]));
    await endOf(stage, run);
    const { events } = await run.handle.fetchHistory();
    const summaries = events!.map(({ userMetadata }) => String(userMetadata?.summary?.data ?? ''));
    expect(summaries).toContain('"bash: outer.inner.build (iteration 1.1)"');
  });

  it('has a description for everything that can be sent to it', async () => {
    const run = await stage.start(definition);
    await untilWaiting(run, 'review');
    const { definition: messages } = await run.handle.query<WorkflowMetadata>('__temporal_workflow_metadata');
    const described = (kind: keyof typeof messages, name: string) =>
      messages[kind].find((one) => one.name === name)?.description;
    expect(described('updateDefinitions', MESSAGES.decideUpdate)).toContain('"decision"');
    expect(described('signalDefinitions', MESSAGES.decideSignal)).toContain('"decision"');
    expect(described('updateDefinitions', MESSAGES.cancelUpdate)).toContain('"reason"');
    expect(described('queryDefinitions', MESSAGES.describeQuery)).not.toBe('');
    await run.handle.terminate();
  });

  it('has its status as a search attribute, from running over paused to the end', async () => {
    const building = aLatch();
    stage.nodes.set('build', building.script);
    const request = stage.request(definition, { searchAttributes: [SEARCH_ATTRIBUTES.status] });
    const handle = await stage.environment.client.workflow.start('run', {
      workflowId: runWorkflowId(request.hostId, request.workingPath),
      taskQueue: hostTaskQueue(STAGE_HOST, STAGE_UID),
      args: [request],
      typedSearchAttributes: new TypedSearchAttributes([{ key: STATUS, value: 'running' }]),
    });
    const run = { request, handle };
    const status = async () => (await handle.describe()).typedSearchAttributes.get(STATUS);
    await building.reached;
    expect(await status()).toBe('running');
    building.open();
    await eventually(async () => expect(await status()).toBe('paused'));
    await decide(run, { decision: 'reject' });
    await endOf(stage, run);
    expect(await status()).toBe('cancelled');
    const { events } = await handle.fetchHistory();
    const changes = events!.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes);
    expect(changes.length).toBeLessThanOrEqual(3);
  });

  it('upserts no attribute that its start went without', async () => {
    const run = await stage.start(aDefinition([aBashNode('only')]));
    await endOf(stage, run);
    const { events } = await run.handle.fetchHistory();
    expect(events!.some((event) => event.upsertWorkflowSearchAttributesEventAttributes)).toBe(false);
  });

  it('names every activity and timer in its history', async () => {
    stage.nodes.delete('build');
    const timed = aDefinition([
      aBashNode('build'),
      aGate('review', { needs: ['build'], timeoutMs: 3_600_000 }),
    ]);
    const run = await stage.start(timed);
    await untilWaiting(run, 'review');
    const { raw } = await run.handle.describe();
    expect(raw.pendingActivities ?? []).toEqual([]);
    await decide(run, { decision: 'approve' });
    await endOf(stage, run);
    const { events } = await run.handle.fetchHistory();
    const summaries = events!.flatMap((event) => {
      const isNamed =
        event.activityTaskScheduledEventAttributes ??
        event.timerStartedEventAttributes ??
        event.markerRecordedEventAttributes;
      return isNamed ? [Buffer.from(event.userMetadata?.summary?.data ?? '""').toString()] : [];
    });
    expect(summaries).not.toContain('""');
    expect(summaries).toEqual(
      expect.arrayContaining([
        '"open the run"',
        '"bash: build"',
        '"gate review"',
        '"end every process, write the end"',
      ]),
    );
    const ids = events!.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityId ?? []);
    expect(ids.map((id) => nodeOfActivityId(id)).filter(Boolean)).toEqual(['build']);
    expect(ids).toEqual(expect.arrayContaining(['~close']));
  });
});

describe('an activity that somebody starts by hand', () => {
  it.each(['openRun', 'runShell', 'writeMirror', 'closeRun', 'storeOutputs'])(
    'does nothing: %s',
    async (name) => {
      const before = stage.journal.length;
      const refusal = await stage.environment.client.activity
        .execute(name, {
          id: `by-hand-${name}`,
          taskQueue: hostTaskQueue(STAGE_HOST, STAGE_UID),
          args: [{ owner: {}, task: { script: { kind: 'inline', text: 'rm -rf /' } } }],
          startToCloseTimeout: '10s',
          retry: { maximumAttempts: 1 },
        })
        .catch((error: unknown) => fromFailure((error as ActivityExecutionFailedError).cause));
      expect(refusal).toMatchObject({ code: 'ACTIVITY_OUTSIDE_RUN' });
      expect((refusal as Error).message).toContain('was started by hand; nothing was done');
      expect(stage.journal.slice(before)).toEqual([]);
    },
  );
});
