import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, run } from './step.mjs';

/**
 * Runs the tests, their output shown.
 * @param args for vitest: files, `-t` …
 * @param env laid over our own environment
 * @returns how many tests passed and failed; a run that failed in any other way counts as one
 */
export async function runTests(args, env) {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-tests-'));
  const counts = join(folder, 'counts.json');
  const reporters = ['--reporter=default', `--reporter=${join(ROOT, 'scripts/house/reporter.mjs')}`];
  try {
    const { exitCode } = await run(
      process.execPath,
      [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...reporters, ...args],
      { show: true, env: { ...process.env, ...env, SIGNALBOX_TEST_COUNTS: counts } },
    );
    const none = { passed: 0, failed: 0, notRun: 0 };
    const { passed, failed, notRun } = await readFile(counts, 'utf8').then(JSON.parse, () => none);
    const isSilentFailure = exitCode !== 0 && failed === 0;
    if (failed > 0 || isSilentFailure || args.length > 0)
      return { passed, failed: failed + Number(isSilentFailure) };
    if (notRun > 0) console.log(`${notRun} tests did not run; here every test runs or fails`);
    return { passed, failed: notRun };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
