import { build } from './build.mjs';
import { runChecks } from './checks.mjs';
import { findServers } from './programs.mjs';
import { StepFailed, tellFailure } from './step.mjs';
import { runTests } from './tests.mjs';
import { findUv } from './uv.mjs';

/**
 * Everything that must hold before a change lands: format, types, lint, dead code, generated files, build
 * and tests (the contents of the workflow bundle among them). The last line it writes counts them.
 * @param args for vitest; with any, the checks are left out, as while working on one file
 * @returns exit code
 */
export async function verify(args) {
  const total = { passed: 0, failed: 0 };
  try {
    await build();
    if (args.length === 0) total.passed += await runChecks();
    const { passed, failed } = await runTests(args, await findPrograms());
    total.passed += passed;
    total.failed += failed;
    tellWhatIsNext(failed);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    tellFailure(error);
    total.failed += 1;
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

/** @returns the environment in which tests find what they run against */
async function findPrograms() {
  return { ...(await findServers()), SIGNALBOX_TEST_UV: await findUv() };
}

function tellWhatIsNext(failed) {
  if (failed > 0) {
    console.log('\nNext: npm test -- FILE runs the tests of one file (vitest’s own arguments, -t NAME too)');
  } else {
    console.log('\nNext: npm run demo shows it at work; npm run bench measures it');
  }
}
