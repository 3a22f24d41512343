import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ROOT, step, StepFailed } from './step.mjs';

/** Where programs that had to be fetched or built are kept between two uses. */
export function signalboxHome() {
  return process.env.SIGNALBOX_HOME || join(process.env.HOME ? homedir() : userInfo().homedir, '.signalbox');
}

/**
 * Finds, fetches or builds the two Temporal servers that tests run against.
 * @returns the environment in which tests find them
 */
export async function findServers() {
  const { findTemporalCli, findTestServer } = await import(join(ROOT, 'dist/src/adapters/stack/programs.js'));
  const options = {
    home: signalboxHome(),
    environment: process.env,
    temporalCli: process.env.SIGNALBOX_TEMPORAL_CLI,
    testServer: process.env.SIGNALBOX_TEST_SERVER,
  };
  const find = (title, search) =>
    step(title, async (note) => {
      try {
        return await search(options, note);
      } catch (cause) {
        throw new StepFailed(cause.message, 'do what the last line says, then npm test', { cause });
      }
    });
  return {
    SIGNALBOX_TEMPORAL_CLI: await find('Find the Temporal dev server', findTemporalCli),
    SIGNALBOX_TEST_SERVER: await find('Find the time-skipping test server', findTestServer),
  };
}
