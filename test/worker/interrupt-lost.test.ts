import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExecutionWatch } from '../../src/adapters/temporal/execution-watch.js';
import { ActivitiesHere } from '../../worker/activities-here.js';
import { interruptingLost } from '../../worker/interrupt-lost.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { runsUntilStopped } from '../support/node-scripts.js';
import { endOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { silentLogger } from '../support/silent-logger.js';
import { devServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await devServer());
});
afterAll(() => stage.tearDown());

/** A look at one run, over and over. @param isHere what the worker says of each activity */
function looking(run: StagedRun, isHere: () => boolean, identity = 'test worker'): () => Promise<void> {
  const task = interruptingLost({
    watch: makeExecutionWatch(stage.environment.client, 'the test server'),
    openIds: () => Promise.resolve([run.handle.workflowId]),
    here: { has: isHere },
    identity,
    logger: silentLogger,
  });
  return () => task.run(new AbortController().signal);
}

async function startLong(): Promise<StagedRun> {
  stage.nodes.set('long', runsUntilStopped);
  const run = await stage.start(aDefinition([aBashNode('long')]));
  await eventually(() => expect(stage.journalOf(run.request.runId)).toContain('run long.1'));
  return run;
}

const isOpen = async ({ handle }: StagedRun): Promise<boolean> =>
  (await handle.describe()).status.name === 'RUNNING';

describe('an activity that Temporal handed over', () => {
  it('and that is not here at two looks is interrupted', async () => {
    const run = await startLong();
    const look = looking(run, () => false);
    await look();
    expect(await isOpen(run)).toBe(true);
    await look();
    const end = await endOf(stage, run);
    expect(end).toMatchObject({ temporal: 'FAILED', row: 'failed' });
    expect(end.message).toContain('Temporal handed it to this worker, which it never reached');
  });

  it('and that arrives between two looks goes on', async () => {
    const run = await startLong();
    const answers = [false, true, false];
    const look = looking(run, () => answers.shift() ?? true);
    for (let times = 0; times < 4; times += 1) await look();
    expect(answers).toEqual([]);
    expect(await isOpen(run)).toBe(true);
    await run.handle.terminate();
  });

  it('to another worker is none of our business', async () => {
    const run = await startLong();
    const look = looking(run, () => false, 'somebody else');
    for (let times = 0; times < 3; times += 1) await look();
    expect(await isOpen(run)).toBe(true);
    await run.handle.terminate();
  });
});

describe('activities of this process', () => {
  const environment = new MockActivityEnvironment({
    activityId: 'build.1',
    workflowExecution: { workflowId: 'any', runId: 'execution' },
  });

  it('are here while they run, and no longer', async () => {
    const here = new ActivitiesHere();
    let letGo: () => void = () => undefined;
    const untilLetGo = new Promise<void>((resolve) => (letGo = resolve));
    const tracked = here.track({ work: () => untilLetGo });
    const running = environment.run(tracked.work);
    expect(here.has('execution', 'build.1')).toBe(true);
    expect(here.has('execution', 'build.2')).toBe(false);
    expect(here.has('another', 'build.1')).toBe(false);
    letGo();
    await running;
    expect(here.has('execution', 'build.1')).toBe(false);
  });

  it('keep their failures, and are gone after them', async () => {
    const here = new ActivitiesHere();
    const tracked = here.track({ work: () => Promise.reject(new Error('broken')) });
    await expect(environment.run(tracked.work)).rejects.toThrow('broken');
    expect(here.has('execution', 'build.1')).toBe(false);
  });
});
