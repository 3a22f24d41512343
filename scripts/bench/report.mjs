import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';

const REPORT = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

/** Writes the rows as docs/benchmarks.md, which keeps its account of the soak. */
export async function writeReport(rows) {
  const soak = /\n## Soak\n[^]*$/.exec(await readFile(REPORT, 'utf8'))?.[0] ?? '';
  await writeFile(REPORT, `${head()}\n${tableOf(rows)}\n${reasonsOf(rows)}${soak}`);
}

function head() {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const machine = `${processor}, ${availableParallelism()} cores, ${memory}, ${type()} ${release()}, Node ${process.versions.node}`;
  return `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}. Machine: ${machine}.
Figures are median [minimum, 95th percentile, maximum] of the number of samples. Both sides of a comparison
run in turn in one session, on one Temporal server (the local stack's), each with a worker process of its own.
Absolute times move with the machine; ratios less so.
`;
}

function tableOf(rows) {
  const lines = rows.map(
    ({ what, figures, goal, isMet }) => `| ${what} | ${figures} | ${goal} | ${isMet ? 'met' : 'missed'} |`,
  );
  return ['| what | figures | goal | |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

function reasonsOf(rows) {
  const missed = rows.filter(({ isMet }) => !isMet);
  if (missed.length === 0) return '';
  const reasons = missed.map(({ what, reason }) => `- ${what}: ${reason ?? 'no reason found yet.'}`);
  return `\n## What was missed, and why\n\n${reasons.join('\n')}\n`;
}
