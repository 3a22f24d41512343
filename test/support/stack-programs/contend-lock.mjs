// node contend-lock.mjs <compiled source> <directory> <times>
// Takes the lock so many times, the last time without giving it back, and fails when it meets another holder's canary.
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [compiled, directory, times] = process.argv.slice(2);
const { acquireLock } = await import(pathToFileURL(join(compiled, 'src/adapters/stack/life-lock.js')).href);
const canary = join(directory, 'canary');
for (let taken = 0; taken < Number(times);) {
  const lock = await acquireLock(directory);
  if (lock === null) continue;
  closeSync(openSync(canary, 'wx'));
  await new Promise((resolve) => setTimeout(resolve));
  unlinkSync(canary);
  taken += 1;
  if (taken < Number(times)) lock.release();
}
process.kill(process.pid, 'SIGKILL');
