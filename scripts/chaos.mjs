// `npm run chaos -- --seed N --minutes M`: breaks everything under a local stack, and judges what is left to see.
import { parseArgs } from 'node:util';
import { build } from './house/build.mjs';
import { ensureInstalled } from './house/install.mjs';
import { findServers } from './house/programs.mjs';
import { main, StepFailed } from './house/step.mjs';
import { runTests } from './house/tests.mjs';

const USAGE = 'npm run chaos -- [--seed WHOLE_NUMBER] [--minutes NUMBER]';

function readArguments() {
  try {
    const { values } = parseArgs({ options: { seed: { type: 'string' }, minutes: { type: 'string' } } });
    const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
    const minutes = Number(values.minutes ?? 3);
    if (Number.isSafeInteger(seed) && seed >= 0 && minutes > 0) return { seed, minutes };
  } catch (cause) {
    throw new StepFailed(cause.message, USAGE, { cause });
  }
  throw new StepFailed('the seed is a whole number from 0, the minutes a number above 0', USAGE);
}

await main(async () => {
  const { seed, minutes } = readArguments();
  await ensureInstalled();
  await build();
  console.log(`seed ${seed}, ${minutes} minutes`);
  const { failed } = await runTests(['test/chaos/chaos.test.ts'], {
    ...(await findServers()),
    CHAOS_SEED: String(seed),
    CHAOS_MINUTES: String(minutes),
  });
  return failed === 0 ? 0 : 1;
});
