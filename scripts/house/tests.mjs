import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, run } from './step.mjs';

/** A file that could not even be loaded has no failed test, and is a failure all the same. */
const hasFailedWhole = (file) =>
  file.status === 'failed' && file.assertionResults.every((t) => t.status !== 'failed');

function count(report) {
  const skipped = report.numPendingTests + report.numTodoTests;
  if (skipped > 0) console.log(`${skipped} tests were skipped; here every test runs or fails`);
  const broken = report.testResults.filter(hasFailedWhole).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken + skipped };
}

/**
 * Runs the tests, their output shown.
 * @param args for vitest: files, `-t` …
 * @param env laid over our own environment
 */
export async function runTests(args, env) {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-tests-'));
  const report = join(folder, 'report.json');
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const { exitCode } = await run(
      process.execPath,
      [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...reporters, ...args],
      { show: true, env: { ...process.env, ...env } },
    );
    const counts = await readFile(report, 'utf8').then(
      (text) => count(JSON.parse(text)),
      () => ({ passed: 0, failed: 1 }),
    );
    // Errors outside tests fail the run, though no test counts them.
    const isSilentFailure = exitCode !== 0 && counts.failed === 0;
    return isSilentFailure ? { ...counts, failed: 1 } : counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
