import { join } from 'node:path';
import { build } from './house/build.mjs';
import { findServers } from './house/programs.mjs';
import { main, ROOT } from './house/step.mjs';
import { runTests } from './house/tests.mjs';

// Records histories of every shape of run from a real server into test/replay/histories. To be used when a
// change of the workflows is meant to change their commands, and goes through a patch: then both are kept.
await main(async () => {
  await build();
  const SIGNALBOX_KEEP_HISTORIES_IN = join(ROOT, 'test/replay/histories');
  const { failed } = await runTests(['test/replay/record.test.ts'], {
    ...(await findServers()),
    SIGNALBOX_KEEP_HISTORIES_IN,
  });
  return failed === 0 ? 0 : 1;
});
