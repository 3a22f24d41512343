// How fast a path goes from its holder to the first who waits for it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median, spread } from './figures.mjs';

const HAND_OVERS = 40;

/** (e) From the close of the holder to the start of the next run, both by Temporal's clock. */
export async function handOver(stage) {
  const workingPath = await stage.makeDirectory('queue');
  const { orchestrator, client } = stage;
  const letGo = () => writeFile(join(workingPath, 'gate'), '\n');
  const describe = async ({ temporalWorkflowId, temporalRunId }) =>
    client.workflow.getHandle(temporalWorkflowId, temporalRunId).describe();
  const holder = await orchestrator.start({ workflow: 'held', workingPath });
  let current = { ...holder, temporalRunId: (await describe(holder)).runId };
  const samples = [];
  for (let round = -2; round < HAND_OVERS; round += 1) {
    const { runId } = await orchestrator.start({ workflow: 'held', workingPath, onBusy: 'wait' });
    const turn = orchestrator.waitForTurn(runId);
    await letGo();
    const next = await turn;
    if (next.kind !== 'started') throw new Error(`not started: ${JSON.stringify(next)}`);
    const [before, after] = await Promise.all([describe(current), describe(next)]);
    if (round >= 0) samples.push(after.startTime.getTime() - before.closeTime.getTime());
    current = next;
  }
  await letGo();
  await client.workflow.getHandle(current.temporalWorkflowId, current.temporalRunId).result();
  return [
    {
      what: 'hand-over in the queue: from the close of the holder to the start of the first who waits',
      figures: spread(samples),
      goal: 'median ≤ 100 ms',
      isMet: median(samples) <= 100,
    },
  ];
}
