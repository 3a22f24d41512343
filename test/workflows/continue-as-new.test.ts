import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MESSAGES } from '../../src/contract/messages.js';
import { SEARCH_ATTRIBUTES } from '../../src/contract/memo.js';
import type { WorkflowDefinition } from '../../src/core/definition/definition.js';
import { aBashNode, aDefinition, aGate } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { says } from '../support/node-scripts.js';
import { decide, endOf, eventsOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, STAGE_HOST, STAGE_UID, type RunStage, type StagedRun } from '../support/run-stage.js';
import { besideStrangers } from '../support/stranger-worker.js';
import { anEvent, anIdentity, aRow, atSecond, yes } from '../support/mirror-writes.js';
import { hostTaskQueue } from '../../src/contract/task-queues.js';
import { runWorkflowId } from '../../src/contract/workflow-id.js';
import type { NodeOutput } from '../../src/core/run/task.js';
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
beforeEach(() => stage.nodes.clear());

const idOf = (position: number): string => `node-${String(position).padStart(2, '0')}`;
const chainDrafts = (length: number, script = 'true') =>
  Array.from({ length }, (_, position) =>
    aBashNode(idOf(position), { script, needs: position === 0 ? [] : [idOf(position - 1)] }),
  );

/** Executions of the run, the newest first. */
async function executionsOf({ handle }: StagedRun): Promise<readonly string[]> {
  const { client } = stage.environment;
  return eventually(async () => {
    const found: string[] = [];
    const query = `WorkflowId = "${handle.workflowId}"`;
    for await (const { status } of client.workflow.list({ query })) found.push(status.name);
    if (found.filter((status) => status !== 'CONTINUED_AS_NEW').length !== 1) throw new Error(found.join());
    return found;
  });
}

const STATUS = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, SearchAttributeType.KEYWORD);

const untilContinued = (workflowId: string, firstRunId: string): Promise<void> =>
  eventually(async () => {
    const { runId } = await stage.environment.client.workflow.getHandle(workflowId).describe();
    expect(runId).not.toBe(firstRunId);
  });

const tasksOf = ({ request }: StagedRun) => stage.tasks.filter(({ runId }) => runId === request.runId);

const seqsOf = ({ request }: StagedRun): readonly number[] =>
  stage.writes
    .filter(({ runId }) => runId === request.runId)
    .flatMap(({ events }) => events.map(({ seq }) => seq));

function everyEventOnce(run: StagedRun): void {
  const seqs = seqsOf(run);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
}

describe('a run whose history grows long', () => {
  it('continues as new, and neither outputs nor events are lost or doubled', async () => {
    const length = 40;
    const drafts = [
      ...chainDrafts(length),
      aBashNode('last', { needs: [idOf(length - 1)], script: `use $${idOf(0)}.output` }),
    ];
    const run = await stage.start(aDefinition(drafts));
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect((await executionsOf(run)).length).toBeGreaterThanOrEqual(3);
    const events = await eventsOf(stage, run);
    expect(events.filter((event) => event.startsWith('node_started'))).toEqual(
      drafts.map(({ id }) => `node_started ${id}`),
    );
    everyEventOnce(run);
    expect(
      new Set(stage.writes.filter(({ runId }) => runId === run.request.runId).map(({ epoch }) => epoch)).size,
    ).toBe(1);
    expect(stage.tasks.at(-1)?.scope.nodes).toMatchObject({
      [idOf(0)]: { state: 'completed', output: { text: { text: idOf(0) } } },
    });
  });

  it('keeps its fence token, its row, its title and its search attributes', async () => {
    const run = await stage.start(aDefinition([...chainDrafts(20), aGate('review', { needs: [idOf(19)] })]), {
      searchAttributes: [SEARCH_ATTRIBUTES.status],
    });
    await untilWaiting(run, 'review');
    const owners = stage.owners.filter(({ runId }) => runId === run.request.runId);
    expect(new Set(owners.map(({ fenceToken }) => fenceToken))).toEqual(
      new Set([run.handle.firstExecutionRunId]),
    );
    const description = await run.handle.describe();
    expect(description.runId).not.toBe(run.handle.firstExecutionRunId);
    expect(description.memo).toMatchObject({ runId: run.request.runId });
    await eventually(async () => {
      const { typedSearchAttributes } = await run.handle.describe();
      expect(typedSearchAttributes.get(STATUS)).toBe('paused');
    });
    expect(stage.journalOf(run.request.runId).filter((line) => line === 'prepare directories')).toHaveLength(
      1,
    );
    await decide(run, { decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
  });

  it('moves outputs to files when together they are too large to carry', async () => {
    const length = 45;
    const large = 'ä'.repeat(8_000);
    for (let position = 0; position < length; position += 1) stage.nodes.set(idOf(position), says(large));
    const reader = { needs: [idOf(length - 1)], script: `use $${idOf(0)}.output` };
    const run = await stage.start(aDefinition([...chainDrafts(length), aBashNode('reader', reader)]));
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    const { text } = (stage.tasks.at(-1)?.scope.nodes as Record<string, { output: NodeOutput }>)[idOf(0)]!
      .output;
    expect(text).toMatchObject({ kind: 'file', bytes: 16_000, excerpt: large.slice(0, 2_000) });
    expect(text.kind === 'file' && (await readFile(text.path, 'utf8'))).toBe(large);
    const [result] = stage.table.resultsOf(run.request.runId);
    expect(result).toMatchObject({ nodeId: idOf(0), output: { text: { kind: 'inline' } } });
  });

  it('goes on while its table is away, and continues when it is back', async () => {
    stage.nodes.set(idOf(12), (task, signal) => {
      stage.table.isAway = true;
      return says('away')(task, signal);
    });
    stage.nodes.set(idOf(30), (task, signal) => {
      stage.table.isAway = false;
      return says('back')(task, signal);
    });
    const run = await stage.start(aDefinition(chainDrafts(36)));
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    everyEventOnce(run);
  });

  it('is cancelled at once, also while it waits to continue', async () => {
    stage.nodes.set(idOf(12), (task, signal) => {
      stage.table.isAway = true;
      return says('away')(task, signal);
    });
    const run = await stage.start(aDefinition(chainDrafts(36)));
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain(`run ${idOf(12)}.1`));
    await run.handle.cancel();
    await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('close box'), 4_000);
    stage.table.isAway = false;
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
  });

  it('fails in order when a newer worker has carried it on: box, then row', async () => {
    const request = stage.request(aDefinition([aBashNode('next')]));
    const fenceToken = randomUUID();
    const opened = await stage.table.open(
      {
        identity: anIdentity({ runId: request.runId, workingPath: request.workingPath }),
        row: aRow(),
        events: [anEvent(1)],
        fenceToken,
        temporalRunId: randomUUID(),
        isFirstExecution: true,
        resumedEpoch: null,
      },
      yes,
    );
    const carried = {
      snapshot: { version: 99, nodes: [{ id: 'next', state: 'of a kind that is not known yet' }] },
      fenceToken,
      opened: {
        ...opened,
        fenceToken,
        outputRoot: '',
        artifactsDir: '',
        stateDir: '',
        logDir: '',
        baseBranch: '',
        refusal: null,
      },
      startedAt: atSecond(0),
      lastSeq: 1,
    };
    const handle = await besideStrangers(stage.environment, async (taskQueue) => {
      const started = await stage.environment.client.workflow.start('predecessor', {
        workflowId: runWorkflowId(request.hostId, request.workingPath),
        taskQueue,
        args: [hostTaskQueue(STAGE_HOST, STAGE_UID), request, carried],
      });
      await untilContinued(started.workflowId, started.firstExecutionRunId);
      return started;
    });
    expect(await endOf(stage, { request, handle })).toMatchObject({
      temporal: 'FAILED',
      code: 'CONTRACT_TOO_NEW',
      row: 'failed',
    });
    expect(stage.journalOf(request.runId)).toEqual(['close box', 'remove environment', 'write row failed']);
  });
});

describe('gates across the switch', () => {
  const CHAIN = 40;
  const gates = Array.from({ length: 8 }, (_, index) => `gate-${index}`);
  const definition: WorkflowDefinition = aDefinition(
    [...gates.map((id) => aGate(id)), ...chainDrafts(CHAIN)],
    {
      schedule: 'dataflow',
    },
  );

  it.each(['update', 'signal'])('are carried over, and no decision by %s is lost', async (way) => {
    const run = await stage.start(definition);
    await untilWaiting(run, ...gates);
    for (const nodeId of gates) {
      const due = Math.min(tasksOf(run).length + 4, CHAIN);
      if (way === 'update')
        expect(await decide(run, { nodeId, decision: 'approve' })).toMatchObject({ nodeId });
      else await run.handle.signal(MESSAGES.decideSignal, { nodeId, decision: 'approve' });
      // Some nodes later the next, so that decisions fall before, into and behind the switches.
      await eventually(() => expect(tasksOf(run).length).toBeGreaterThanOrEqual(due));
    }
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect((await executionsOf(run)).length).toBeGreaterThanOrEqual(3);
    const received = (await eventsOf(stage, run)).filter((event) => event.startsWith('approval_received'));
    expect(received).toEqual(gates.map((id) => `approval_received ${id}`));
    everyEventOnce(run);
  });

  it('keep the run where it is while their deadline runs, and no longer', async () => {
    const behind = Array.from({ length: 15 }, (_, index) => `behind-${index}`);
    const drafts = behind.map((id, index) => aBashNode(id, { needs: [behind[index - 1] ?? 'deadline'] }));
    const deadline = aGate('deadline', { timeoutMs: 3_600_000 });
    const run = await stage.start(
      aDefinition([deadline, ...chainDrafts(20), ...drafts], { schedule: 'dataflow' }),
    );
    await eventually(async () => expect(await eventsOf(stage, run)).toContain(`node_completed ${idOf(19)}`));
    const { runId, historyLength } = await run.handle.describe();
    expect(runId).toBe(run.handle.firstExecutionRunId);
    expect(historyLength).toBeGreaterThan(SUGGESTED_EVENTS);
    await decide(run, { decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    expect((await executionsOf(run)).length).toBeGreaterThanOrEqual(2);
    everyEventOnce(run);
  });
});
