import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MESSAGES, type RunDescription } from '../../src/contract/messages.js';
import { childWorkflowId } from '../../src/contract/workflow-id.js';
import type { WorkflowDefinition } from '../../src/core/definition/definition.js';
import { planChildWorktree } from '../../src/core/isolation/plan-worktree.js';
import { DEFAULT_WORKTREE_SETTINGS } from '../../src/core/isolation/worktree-order.js';
import type { RunRecord } from '../../src/ports/run-table.js';
import { aBashNode, aCancelNode, aDefinition, aGate, nodeId } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, fails, says } from '../support/node-scripts.js';
import { decide, endOf, eventsOf, lifetimeMs, recordOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { aLibrary, aSubrunDraft, over } from '../support/subrun-shapes.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());
afterEach(() => stage.nodes.clear());

const child = aDefinition([aBashNode('inner', { script: 'echo $ARGUMENTS' })], { name: 'child' });
const parent = aDefinition([
  aBashNode('before'),
  aSubrunDraft('sub', { needs: ['before'], input: 'look at $before.output' }),
  aBashNode('after', { needs: ['sub'], script: 'echo $sub.output' }),
]);
const decisions = [
  { id: 'approve', label: 'Go on' },
  { id: 'later', label: null },
];
const gated = aDefinition(
  [aGate('ok', { message: 'Go on?', decisions }), aBashNode('inner', { needs: ['ok'] })],
  { name: 'child' },
);
const alone = aDefinition([aSubrunDraft('sub')]);
const fan = aDefinition(
  [
    aBashNode('list'),
    aSubrunDraft('fan', { needs: ['list'], fanOut: over('$list.output', { maxParallel: 3 }) }),
  ],
  { name: 'fan' },
);
const viewer = { ...child, mutatesCheckout: false } as const;

function start(
  definition: WorkflowDefinition,
  ...library: readonly WorkflowDefinition[]
): Promise<StagedRun> {
  return stage.start(definition, { library: aLibrary(...library) });
}

const childrenOf = ({ request }: StagedRun): Promise<readonly RunRecord[]> =>
  stage.table.childrenOf(request.runId);

const list = (count: number): string =>
  JSON.stringify(Array.from({ length: count }, (_, index) => `i${index}`));

describe('a sub-run', () => {
  it('is a run of its own, and its result is the output of its node', async () => {
    stage.nodes.set('inner', says('the result'));
    const run = await start(parent, child);
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    const [row] = await childrenOf(run);
    expect(row).toMatchObject({
      ...{ workflowName: 'child', status: 'completed', userMessage: 'look at before' },
      ...{ parentRunId: run.request.runId, workingPath: run.request.workingPath },
      temporalWorkflowId: childWorkflowId(run.request.runId, nodeId('sub'), 0),
    });
    expect(row?.metadata).toMatchObject({ parent_node_id: 'sub', summary: 'the result' });
    expect(await eventsOf(stage, run)).toEqual([
      'workflow_started',
      'node_started before',
      'node_completed before',
      'node_completed sub',
      'node_started after',
      'node_completed after',
      'workflow_completed',
    ]);
    const events = await stage.table.events(run.request.runId);
    const told = events.find(
      ({ eventType, nodeName }) => eventType === 'node_completed' && nodeName === 'sub',
    );
    expect(told?.data).toMatchObject({
      type: 'workflow',
      child_run_id: row?.runId,
      node_output: 'the result',
    });
    const task = stage.tasks.findLast((one) => one.nodeId === 'after');
    expect(task?.scope.nodes).toMatchObject({ sub: { output: { text: { text: 'the result' } } } });
  });

  it('works in the box of its root, under its own name, and ends only what is its own', async () => {
    const run = await start(parent, child);
    await endOf(stage, run);
    const [row] = await childrenOf(run);
    const task = stage.tasks.findLast((one) => one.nodeId === 'inner');
    expect(task).toMatchObject({ runId: row?.runId, rootRunId: run.request.runId });
    expect(stage.owners.filter(({ workingPath }) => workingPath === run.request.workingPath)).toMatchObject([
      { runId: run.request.runId },
    ]);
    expect(stage.journalOf(row!.runId)).not.toContain('close box');
    expect(stage.journalOf(run.request.runId)).toContain('close box');
  });

  it('that fails fails its node, with the reason', async () => {
    stage.nodes.set('inner', fails('no disk'));
    const run = await start(alone, child);
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', row: 'failed' });
    expect(end.message).toContain("sub-run 'child'");
    expect(end.message).toContain('no disk');
    expect((await childrenOf(run))[0]).toMatchObject({ status: 'failed' });
  });

  it('that is cancelled by a person fails its node', async () => {
    const latch = aLatch();
    stage.nodes.set('inner', latch.script);
    const run = await start(alone, child);
    await latch.reached;
    const [row] = await childrenOf(run);
    await stage.environment.client.workflow
      .getHandle(row!.temporalWorkflowId!)
      .executeUpdate(MESSAGES.cancelUpdate, { args: [{ by: 'ann', reason: 'no need' }] });
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', row: 'failed' });
    expect(end.message).toContain('was cancelled');
    expect((await childrenOf(run))[0]).toMatchObject({ status: 'cancelled' });
  });

  it('is cancelled with its parent, which waits for its end', async () => {
    const latch = aLatch();
    stage.nodes.set('inner', latch.script);
    const run = await start(alone, child);
    await latch.reached;
    await run.handle.executeUpdate(MESSAGES.cancelUpdate, { args: [{ by: 'ann' }] });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
    expect((await childrenOf(run))[0]).toMatchObject({ status: 'cancelled' });
  });

  it('that nobody knows refuses its node', async () => {
    const end = await endOf(stage, await start(alone));
    expect(end.message).toContain("workflow 'child' was not known when the run was started");
  });

  it('whose scripts nothing here can run ends its parent at the start, before the first node', async () => {
    stage.missingRuntimes.add('uv');
    const run = await stage.start(parent, { library: aLibrary(child), libraryRuntimes: ['uv'] });
    expect(await endOf(stage, run)).toMatchObject({ row: 'failed', message: 'uv is missing' });
    expect(stage.journalOf(run.request.runId)).not.toContain('run before.1');
    stage.missingRuntimes.clear();
  });

  it('never runs what it is part of', async () => {
    const loop = aDefinition([aSubrunDraft('sub', { target: 'loop' })], { name: 'loop' });
    const end = await endOf(stage, await start(loop, loop));
    expect(end.message).toContain("'loop' would run itself: loop → loop");
  });

  it('may have sub-runs of its own, five deep', async () => {
    const levels = [1, 2, 3, 4, 5, 6].map((level) =>
      aDefinition([aSubrunDraft('sub', { target: `level ${level + 1}` })], { name: `level ${level}` }),
    );
    const end = await endOf(stage, await start(levels[0]!, ...levels, { ...child, name: 'level 7' }));
    expect(end.message).toContain('sub-runs are nested more than 5 deep');
    const deepest = { ...child, name: 'level 6' };
    const enough = await start(levels[0]!, ...levels.slice(0, 5), deepest);
    expect(await endOf(stage, enough)).toMatchObject({ temporal: 'COMPLETED' });
  });
});

describe('a gate of a sub-run', () => {
  it('pauses the parent, too, and may be decided there', async () => {
    const run = await start(alone, gated);
    const { status, waiting } = await untilWaiting(run, 'sub/ok');
    expect(status).toBe('paused');
    expect(waiting).toMatchObject([
      { message: 'Go on?', decisions: ['approve', 'later', 'reject'], labels: { approve: 'Go on' } },
    ]);
    const [row] = await childrenOf(run);
    await eventually(async () => {
      expect((await recordOf(stage, run.request.runId))?.metadata['approval']).toEqual({
        ...{ type: 'child_workflow', nodeId: 'sub', childRunId: row?.runId, message: 'Go on?' },
      });
    });
    expect((await recordOf(stage, run.request.runId))?.status).toBe('paused');
    const answer = await decide(run, { decision: 'approve', by: 'ann' });
    expect(answer).toMatchObject({ nodeId: 'sub/ok', decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
  });

  it('may be decided at the sub-run itself', async () => {
    const run = await start(alone, gated);
    await untilWaiting(run, 'sub/ok');
    const [row] = await childrenOf(run);
    await stage.environment.client.workflow
      .getHandle(row!.temporalWorkflowId!)
      .executeUpdate(MESSAGES.decideUpdate, { args: [{ decision: 'approve' }] });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
  });

  it('is shown and decided through every parent above', async () => {
    const middle = aDefinition([aSubrunDraft('mid', { target: 'child' })], { name: 'middle' });
    const top = aDefinition([aSubrunDraft('top', { target: 'middle' })]);
    const run = await start(top, middle, gated);
    await untilWaiting(run, 'top/mid/ok');
    await decide(run, { nodeId: 'top', decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
  });

  it('that nobody decides in time fails the sub-run, and its node says so, a week later', async () => {
    const week = 7 * 24 * 3_600_000;
    const patient = aDefinition([aGate('ok', { timeoutMs: week })], { name: 'child' });
    const run = await start(alone, patient);
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', row: 'failed' });
    expect(end.message).toMatch(/sub-run 'child'.* failed: .*'ok'/s);
    expect((await childrenOf(run))[0]).toMatchObject({ status: 'failed' });
    expect(await lifetimeMs(run)).toBeGreaterThanOrEqual(week);
  });

  it('that is asked for what it does not know refuses', async () => {
    const run = await start(alone, gated);
    await untilWaiting(run, 'sub/ok');
    await expect(decide(run, { decision: 'maybe' })).rejects.toMatchObject({ code: 'DECISION_UNDECLARED' });
    await run.handle.executeUpdate(MESSAGES.cancelUpdate, { args: [{}] });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
  });

  it('that its reviewer rejects ends the sub-run, and fails its node', async () => {
    const run = await start(alone, gated);
    await untilWaiting(run, 'sub/ok');
    await decide(run, { decision: 'reject', text: 'not yet' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'FAILED', row: 'failed' });
    expect((await childrenOf(run))[0]).toMatchObject({ status: 'cancelled' });
  });

  it('does not keep a run open that a cancel node ends', async () => {
    const ending = aDefinition(
      [aSubrunDraft('sub'), aBashNode('first'), aCancelNode('end', { needs: ['first'], reason: 'enough' })],
      { schedule: 'dataflow' },
    );
    const latch = aLatch();
    stage.nodes.set('first', latch.script);
    const run = await start(ending, gated);
    await untilWaiting(run, 'sub/ok');
    latch.open();
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
    expect((await childrenOf(run))[0]).toMatchObject({ status: 'cancelled' });
  });
});

describe('a fan-out', () => {
  it('runs one sub-run for each item, no more at once than it may, and keeps the order', async () => {
    stage.nodes.set('list', says(list(7)));
    let [open, most] = [0, 0];
    stage.nodes.set('inner', async (task, signal) => {
      most = Math.max(most, (open += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      open -= 1;
      return says(`did ${task.environment['ARGUMENTS'] ?? ''}`)(task, signal);
    });
    const run = await start(fan, viewer);
    const end = await endOf(stage, run);
    expect(end.temporal).toBe('COMPLETED');
    expect(end.result).toMatchObject({ isStructured: true });
    expect(JSON.parse((end.result?.output as { text: string }).text)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((index) => `did i${index}`),
    );
    expect(most).toBeLessThanOrEqual(3);
    const children = await childrenOf(run);
    expect(children.map(({ metadata }) => metadata['child_index']).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const events = await stage.table.events(run.request.runId);
    expect(
      events.find(({ nodeName, eventType }) => nodeName === 'fan' && eventType === 'node_completed')?.data,
    ).toMatchObject({ type: 'workflow', fan_out: true, structured_output: expect.any(Array) });
  });

  it('of nothing gives out an empty list', async () => {
    stage.nodes.set('list', says('[]'));
    expect((await endOf(stage, await start(fan, viewer))).result?.output).toEqual({
      kind: 'inline',
      text: '[]',
    });
  });

  it('has a record of every item that did not complete, where the join takes all', async () => {
    stage.nodes.set('list', says(list(3)));
    stage.nodes.set('inner', (task, signal) =>
      (task.environment['ARGUMENTS'] === 'i1' ? fails('bad luck') : says('fine'))(task, signal),
    );
    const { result } = await endOf(stage, await start(fan, viewer));
    expect(JSON.parse((result?.output as { text: string }).text)).toEqual([
      'fine',
      { archon_failed: true, error: expect.stringContaining('bad luck'), status: 'failed' },
      'fine',
    ]);
  });

  it('fails with the first failure where all have to succeed, and cancels the others', async () => {
    const strict = aDefinition([
      aSubrunDraft('fan', { fanOut: over(list(3), { maxParallel: 2, join: 'all_success' }) }),
    ]);
    const latch = aLatch();
    stage.nodes.set('inner', (task, signal) =>
      (task.environment['ARGUMENTS'] === 'i0' ? latch.script : fails('bad luck'))(task, signal),
    );
    const run = await start(strict, viewer);
    const end = await endOf(stage, run);
    expect(end.message).toContain('sub-run 2');
    expect(end.message).toContain('bad luck');
    const statuses = (await childrenOf(run)).map(({ status }) => status);
    expect(statuses.sort()).toEqual(['cancelled', 'failed']);
  });

  it('is refused where several at once would change one checkout', async () => {
    stage.nodes.set('list', says(list(2)));
    const end = await endOf(stage, await start(fan, child));
    expect(end.message).toContain("2 runs of 'child' at once would change one checkout");
  });

  it('goes on with the others while one of its sub-runs waits for a person', async () => {
    stage.nodes.set('list', says(list(2)));
    const asking = { ...gated, mutatesCheckout: false } as const;
    const run = await start(fan, asking);
    await untilWaiting(run, 'fan[0]/ok', 'fan[1]/ok');
    await expect(decide(run, { decision: 'approve' })).rejects.toMatchObject({ code: 'GATE_AMBIGUOUS' });
    await expect(decide(run, { nodeId: 'fan[7]/ok', decision: 'approve' })).rejects.toMatchObject({
      message: expect.stringContaining(
        'What waits: fan[0]/ok (approve "Go on", later, reject); fan[1]/ok (approve "Go on", later, reject)',
      ),
    });
    await decide(run, { nodeId: 'fan[1]/ok', decision: 'approve' });
    const description = await untilWaiting(run, 'fan[0]/ok');
    expect(description.status).toMatch(/paused|running/);
    await eventually(async () => {
      const { nodes } = await run.handle.query<RunDescription>(MESSAGES.describeQuery);
      expect(nodes.at(-1)?.children).toEqual({ total: 2, open: 1, waiting: 1, ended: 1 });
    });
    await decide(run, { decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
  });

  it('has a row that waits again once a sub-run that was decided has ended', async () => {
    stage.nodes.set('list', says(list(2)));
    const run = await start(fan, { ...gated, mutatesCheckout: false });
    await untilWaiting(run, 'fan[0]/ok', 'fan[1]/ok');
    await decide(run, { nodeId: 'fan[1]/ok', decision: 'reject' });
    await eventually(async () => {
      const { nodes } = await run.handle.query<RunDescription>(MESSAGES.describeQuery);
      expect(nodes.at(-1)?.children).toEqual({ total: 2, open: 1, waiting: 1, ended: 1 });
    });
    await eventually(async () => {
      expect((await recordOf(stage, run.request.runId))?.status).toBe('paused');
    });
    await decide(run, { decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
  });

  it('puts a large output into a file', async () => {
    stage.nodes.set('list', says(list(8)));
    stage.nodes.set('inner', says('x'.repeat(15_000)));
    const { result } = await endOf(stage, await start(fan, viewer));
    expect(result?.output).toMatchObject({ kind: 'file', bytes: 8 * 15_003 + 1 });
  });
});

describe('a parent that is resumed', () => {
  it('keeps what has completed, resumes what has failed, and starts what had not begun', async () => {
    const strict = aDefinition(
      [aSubrunDraft('fan', { fanOut: over(list(4), { maxParallel: 1, join: 'all_success' }) })],
      { name: 'fan' },
    );
    const two = aDefinition([aBashNode('first'), aBashNode('inner', { needs: ['first'] })], {
      ...{ name: 'child', mutatesCheckout: false },
    });
    stage.nodes.set('inner', (task, signal) =>
      (task.environment['ARGUMENTS'] === 'i1' ? fails('bad luck') : says('fine'))(task, signal),
    );
    const library = aLibrary(two);
    const first = await stage.start(strict, { library });
    expect(await endOf(stage, first)).toMatchObject({ temporal: 'FAILED' });
    const before = await childrenOf(first);
    expect(before.map(({ status }) => status)).toEqual(['completed', 'failed']);
    stage.nodes.set('inner', says('fine'));
    const { epoch } = (await stage.table.newestGeneration(first.request.runId))!;
    const { runId, workingPath } = first.request;
    const begun = stage.tasks.length;
    const second = await stage.start(strict, {
      library,
      runId,
      workingPath,
      resume: { epoch, error: 'bad luck' },
    });
    expect(await endOf(stage, second)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    const after = await childrenOf(first);
    expect(after.slice(0, 2).map(({ runId: id }) => id)).toEqual(before.map(({ runId: id }) => id));
    expect(after.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed', 'completed']);
    const again = stage.tasks
      .slice(begun)
      .map(({ nodeId: id, environment }) => `${id} ${environment['ARGUMENTS'] ?? ''}`);
    expect(again).toEqual(['inner i1', 'first i2', 'inner i2', 'first i3', 'inner i3']);
  });
});

describe('a run that does not change its checkout', () => {
  it('holds no path: several may be open at once', async () => {
    const latch = aLatch();
    stage.nodes.set('inner', latch.script);
    const one = await stage.start(viewer);
    const two = await stage.start(viewer, { workingPath: one.request.workingPath });
    expect(one.handle.workflowId).toMatch(/^view\./);
    await latch.reached;
    latch.open();
    expect(await endOf(stage, one)).toMatchObject({ temporal: 'COMPLETED' });
    expect(await endOf(stage, two)).toMatchObject({ temporal: 'COMPLETED' });
  });
});

describe('a sub-run with a worktree of its own', () => {
  const ground = {
    repository: { directory: '/repos/main', remoteUrl: null },
    settings: DEFAULT_WORKTREE_SETTINGS,
    archonHome: '/archon',
  };
  const apart = aDefinition([aSubrunDraft('sub', { isolation: 'worktree' })]);

  it('fails its node when somebody holds that path', async () => {
    const request = stage.request(apart, { library: aLibrary(child), worktrees: ground });
    const name = { parentRunId: request.runId, nodeId: 'sub', index: 0, base: null };
    const { workingPath } = planChildWorktree(ground, name);
    const latch = aLatch();
    stage.nodes.set('holds', latch.script);
    const holder = await stage.start(aDefinition([aBashNode('holds')]), { workingPath });
    await latch.reached;
    const end = await endOf(stage, await stage.start(apart, request));
    expect(end.message).toContain(`its worktree ${workingPath} is in use`);
    latch.open();
    await endOf(stage, holder);
  });
});
