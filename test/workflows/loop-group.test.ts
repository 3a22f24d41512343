import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aBashNode, aDefinition, aGate, aLoopGroup } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { aLatch, fails, losesItsWorker, says, type NodeScript } from '../support/node-scripts.js';
import { decide, endOf, eventsOf, recordOf, untilWaiting } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());
beforeEach(() => stage.nodes.clear());

const script = { kind: 'inline', text: 'test -f done' } as const;
const tasksOf = ({ request }: StagedRun) => stage.tasks.filter(({ runId }) => runId === request.runId);
/** What a loop says in its iterations, one after the other. */
const byIteration =
  (...ways: readonly NodeScript[]): NodeScript =>
  (task, signal) =>
    ways[Number(task.attemptId.split('.')[1]) - 1]!(task, signal);

describe('until_bash whose worker is lost', () => {
  const asks = (...ways: readonly NodeScript[]) => {
    const left = [...ways];
    stage.nodes.set('g', (task, signal) => (left.shift() ?? says(''))(task, signal));
    return stage.start(
      aDefinition([aLoopGroup('g', [aBashNode('fix')], { rules: { until: null, untilBash: script } })]),
    );
  };
  const namesOf = (run: StagedRun) => tasksOf(run).map(({ attemptId }) => attemptId);

  it('is asked again, under another name, and the loop goes on with its answer', async () => {
    const run = await asks(losesItsWorker, losesItsWorker, fails('not yet'), says(''));
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    expect(namesOf(run)).toEqual([
      ...['g.1.fix.1', 'g.1.~until.1', 'g.1.~until.2', 'g.1.~until.3'],
      ...['g.2.fix.1', 'g.2.~until.1'],
    ]);
    expect(tasksOf(run).map(({ attempt }) => attempt)).toEqual([1, 1, 2, 3, 1, 1]);
  });

  it('fails its loop when that goes on', async () => {
    const run = await asks(losesItsWorker, losesItsWorker, losesItsWorker);
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', row: 'failed' });
    expect(end.message).toContain("node 'g' was interrupted");
    expect(namesOf(run)).toEqual(['g.1.fix.1', 'g.1.~until.1', 'g.1.~until.2', 'g.1.~until.3']);
  });

  it('is not asked again once its run has been cancelled', async () => {
    const latch = aLatch();
    const run = await asks((task, signal) =>
      latch.script(task, signal).catch(() => losesItsWorker(task, signal)),
    );
    await latch.reached;
    await run.handle.executeUpdate('cancelRun', { args: [{ by: 'ann', reason: 'enough' }] });
    await eventually(async () =>
      expect(await recordOf(stage, run.request.runId)).toMatchObject({ status: 'cancelled' }),
    );
    expect(namesOf(run)).toEqual(['g.1.fix.1', 'g.1.~until.1']);
  });
});

describe('a loop group', () => {
  it('runs its body until until_bash exits with 0, each attempt under a name of its own', async () => {
    const body = [
      aBashNode('fix'),
      aBashNode('check', { needs: ['fix'], script: 'see $LOOP_PREV.fix.output' }),
    ];
    stage.nodes.set('g.fix', byIteration(says('first'), says('second')));
    stage.nodes.set('g', byIteration(fails('not yet'), says('')));
    const run = await stage.start(
      aDefinition([
        aLoopGroup('g', body, { rules: { until: null, untilBash: script } }),
        aBashNode('ship', { needs: ['g'] }),
      ]),
    );
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    const tasks = tasksOf(run);
    expect(tasks.map(({ attemptId }) => attemptId)).toEqual([
      'g.1.fix.1',
      'g.1.check.1',
      'g.1.~until.1',
      'g.2.fix.1',
      'g.2.check.1',
      'g.2.~until.1',
      'ship.1',
    ]);
    expect(tasks[1]?.scope.previous).toEqual({ fix: { state: 'unsettled' } });
    expect(tasks[4]?.scope.previous).toMatchObject({ fix: { output: { text: { text: 'first' } } } });
    expect(tasks[5]?.environment['LOOP_PREV_OUTPUT']).toBe('g.check');
    expect(await eventsOf(stage, run)).toEqual([
      'workflow_started',
      'loop_iteration_started g',
      'node_started g.fix',
      'node_completed g.fix',
      'node_started g.check',
      'node_completed g.check',
      'loop_iteration_completed g',
      'loop_iteration_started g',
      'node_started g.fix',
      'node_completed g.fix',
      'node_started g.check',
      'node_completed g.check',
      'loop_iteration_completed g',
      'node_completed g',
      'node_started ship',
      'node_completed ship',
      'workflow_completed',
    ]);
  });

  it('looks for its signal in an output that lies in a file', async () => {
    const path = join(await stageDirectory(), 'large');
    writeFileSync(path, `${'x'.repeat(40_000)}\nDONE`);
    const { createHash } = await import('node:crypto');
    const text = `${'x'.repeat(40_000)}\nDONE`;
    const sha256 = createHash('sha256').update(text).digest('hex');
    stage.nodes.set('g.b', () =>
      Promise.resolve({
        kind: 'completed',
        output: { text: { kind: 'file', path, bytes: text.length, sha256, excerpt: 'xx' }, fields: null },
        stderr: '',
        durationMs: 1,
      }),
    );
    const run = await stage.start(aDefinition([aLoopGroup('g', [aBashNode('b')])]));
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    expect(tasksOf(run)).toHaveLength(1);
  });

  it('that is not done after its last iteration fails the run, and says so', async () => {
    const run = await stage.start(
      aDefinition([aLoopGroup('g', [aBashNode('b')], { rules: { maxIterations: 2 } })]),
    );
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'FAILED', row: 'failed' });
    expect((await eventsOf(stage, run)).slice(-3)).toEqual([
      'loop_iteration_completed g',
      'node_failed g',
      'workflow_failed',
    ]);
    expect((await recordOf(stage, run.request.runId))?.metadata['error']).toContain(
      'exceeded max iterations (2)',
    );
  });

  it('pauses its run at a gate in its body, which is answered by its name', async () => {
    stage.nodes.set('g.b', byIteration(says('so far'), says('DONE')));
    const body = [aGate('ok', { message: 'Like $LOOP_PREV.b.output?' }), aBashNode('b', { needs: ['ok'] })];
    const run = await stage.start(aDefinition([aLoopGroup('g', body)]));
    const first = await untilWaiting(run, 'g.ok');
    expect(first.nodes.map(({ nodeId, status }) => `${nodeId} ${status}`)).toEqual([
      'g looping',
      'g.ok waiting',
      'g.b pending',
    ]);
    expect(first.status).toBe('paused');
    expect(await decide(run, { nodeId: 'g.ok', decision: 'approve' })).toMatchObject({ nodeId: 'g.ok' });
    const second = await untilWaiting(run, 'g.ok');
    expect(second.waiting[0]?.message).toBe('Like so far?');
    await decide(run, { decision: 'approve' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
  });

  it('that is interactive asks after an iteration, and hands on what was written', async () => {
    stage.nodes.set('g.b', byIteration(says('draft'), says('DONE')));
    const rules = { isInteractive: true, gateMessage: 'Like this?' };
    const run = await stage.start(aDefinition([aLoopGroup('g', [aBashNode('b')], { rules })]));
    const { waiting } = await untilWaiting(run, 'g');
    expect(waiting[0]).toMatchObject({ decisions: ['approve', 'reject'] });
    const { metadata } = (await recordOf(stage, run.request.runId))!;
    expect(metadata['approval']).toMatchObject({ type: 'interactive_loop', nodeId: 'g', iteration: 1 });
    await decide(run, { decision: 'approve', text: 'shorter' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    expect(tasksOf(run).map(({ environment }) => environment['LOOP_USER_INPUT'])).toEqual(['', 'shorter']);
  });

  it('whose reviewer rejects ends its run as cancelled', async () => {
    const rules = { isInteractive: true, gateMessage: 'Like this?' };
    const run = await stage.start(aDefinition([aLoopGroup('g', [aBashNode('b')], { rules })]));
    await untilWaiting(run, 'g');
    await decide(run, { decision: 'reject', text: 'no', by: 'ann' });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
    expect((await recordOf(stage, run.request.runId))?.metadata['signalbox']).toMatchObject({
      isRejected: true,
      cancellation: { by: 'ann', reason: 'no', nodeId: 'g' },
    });
  });

  it('stops what runs in its body when its run is cancelled', async () => {
    const latch = aLatch();
    stage.nodes.set('g.b', latch.script);
    const run = await stage.start(aDefinition([aLoopGroup('g', [aBashNode('b')])]));
    await latch.reached;
    await run.handle.cancel();
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
  });
});

describe('a run that must leave evidence', () => {
  const definition = aDefinition([aBashNode('work')], { requiresEvidence: true });

  it('fails without it, although every node succeeded', async () => {
    const run = await stage.start(definition);
    expect(await endOf(stage, run)).toMatchObject({
      temporal: 'FAILED',
      code: 'EVIDENCE_MISSING',
      row: 'failed',
    });
    expect(await eventsOf(stage, run)).toContain('evidence_validation_failed');
  });

  it('completes with it', async () => {
    stage.nodes.set('work', (task, signal) => {
      mkdirSync(task.artifactsDir, { recursive: true });
      writeFileSync(join(task.artifactsDir, 'evidence.json'), '{}');
      return says('done')(task, signal);
    });
    expect(await endOf(stage, await stage.start(definition))).toMatchObject({ temporal: 'COMPLETED' });
  });
});

async function stageDirectory(): Promise<string> {
  const run = await stage.start(aDefinition([aBashNode('probe')]));
  await endOf(stage, run);
  const { artifactsDir } = tasksOf(run)[0]!;
  mkdirSync(artifactsDir, { recursive: true });
  return artifactsDir;
}
