// `npm run bench`: measures, prints, and writes docs/benchmarks.md.
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { boxEntry, cancelled, workerKilled } from './bench/faults.mjs';
import { discovery, fanOut, loopGroup } from './bench/language.mjs';
import { chainLatency, chainThroughput, commandLine, refusal } from './bench/measures.mjs';
import { planner } from './bench/planner.mjs';
import { handOver } from './bench/queue.mjs';
import { raiseStage } from './bench/stage.mjs';

const report = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

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

const rows = [];
const tell = (more) => {
  for (const row of more) {
    rows.push(row);
    console.log(
      `${row.isMet ? 'met   ' : 'MISSED'} ${row.what}\n       ${row.figures}\n       goal: ${row.goal}`,
    );
  }
};

tell(await planner());
const stage = await raiseStage();
try {
  for (const measure of MEASURES) tell(await measure(stage));
} finally {
  await stage.tearDown();
}

const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.versions.node}`;
const table = rows
  .map(({ what, figures, goal, isMet }) => `| ${what} | ${figures} | ${goal} | ${isMet ? 'met' : 'missed'} |`)
  .join('\n');
const missed = rows.filter(({ isMet }) => !isMet);
const reasons =
  missed.length === 0
    ? ''
    : `\n## What was missed, and why\n\n${missed.map(({ what, reason }) => `- ${what}: ${reason ?? 'no reason found yet.'}`).join('\n')}\n`;
const soak = /\n## Soak\n[^]*$/.exec(await readFile(report, 'utf8'))?.[0] ?? '';
await writeFile(
  report,
  `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}. Machine: ${machine}.
Figures are median [minimum, 95th percentile, maximum] of the number of samples. Both sides of a comparison
run in turn in one session, on one Temporal server (the local stack's), each with a worker process of its own.
Absolute times move with the machine; ratios less so.

| what | figures | goal | |
| --- | --- | --- | --- |
${table}
${reasons}${soak}`,
);
console.log(`\nWritten to docs/benchmarks.md. Run it again on a quiet machine to compare.`);
