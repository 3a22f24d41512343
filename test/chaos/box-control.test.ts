import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { raiseBoxlessScene } from './boxless.js';
import { judge } from './checkers/judge.js';
import { monotonic } from './clock.js';
import { gather, lookAtRemains, watchRows } from './gather.js';
import { inflictOnRun } from './inflict-on-run.js';
import { startLaunchers } from './launchers.js';
import { endAllRuns } from './perform.js';
import { randomFrom } from './random.js';

const SEED = 1;
const SECONDS = 12;

it('the checkers find that runs overlap and outlive their rows when the box is off', async () => {
  const scene = await raiseBoxlessScene(2);
  await watchRows(scene);
  const random = randomFrom(SEED);
  const launchers = startLaunchers(scene, { perPath: 2, cli: null, pauseMs: 400, random });
  for (let second = 0; second < SECONDS; second += 1) {
    await wait(1000);
    const kind = random.pick(['cancelRun', 'terminate'] as const);
    await inflictOnRun(scene, kind, random.pick(scene.paths as [string, ...string[]]));
  }
  await launchers.stop();
  await endAllRuns(scene);
  const endedAt = monotonic();
  const remains = await lookAtRemains(scene, 0);
  await scene.dismiss();
  const violations = judge(await gather(scene, remains, endedAt));
  await scene.close();
  for (const { pid } of remains.processes) process.kill(pid, 'SIGKILL');
  scene.remove();
  const found = new Set(violations.map(({ invariant }) => invariant));
  expect([...found]).toEqual(expect.arrayContaining(['I1', 'I4', 'I7', 'I8']));
}, 240_000);
