// `npm run bench`: builds, measures, prints, and writes docs/benchmarks.md.
import { build } from './house/build.mjs';
import { ensureInstalled } from './house/install.mjs';
import { main } from './house/step.mjs';

await main(async () => {
  await ensureInstalled();
  await build();
  // They load what has just been built.
  const { measureAll } = await import('./bench/measure-all.mjs');
  const { writeReport } = await import('./bench/report.mjs');
  await writeReport(await measureAll());
  console.log(`\nWritten to docs/benchmarks.md. Run it again on a quiet machine to compare.`);
});
