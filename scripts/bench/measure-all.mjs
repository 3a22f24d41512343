import { boxEntry, cancelled, workerKilled } from './faults.mjs';
import { discovery, fanOut, loopGroup } from './language.mjs';
import { chainLatency, chainThroughput, commandLine, refusal } from './measures.mjs';
import { planner } from './planner.mjs';
import { handOver } from './queue.mjs';
import { raiseStage } from './stage.mjs';

/** The one that kills workers comes last. */
const MEASURES = [
  chainLatency,
  refusal,
  handOver,
  commandLine,
  chainThroughput,
  discovery,
  fanOut,
  loopGroup,
  boxEntry,
  cancelled,
  workerKilled,
];

/** @returns the rows of all measures, each printed when it is known */
export async function measureAll() {
  const rows = [];
  const tell = (more) => {
    for (const row of more) {
      rows.push(row);
      const { what, figures, goal, isMet } = row;
      console.log(`${isMet ? 'met   ' : 'MISSED'} ${what}\n       ${figures}\n       goal: ${goal}`);
    }
  };
  tell(await planner());
  const stage = await raiseStage();
  const stop = () => void stage.tearDown().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    for (const measure of MEASURES) tell(await measure(stage));
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await stage.tearDown();
  }
  return rows;
}
