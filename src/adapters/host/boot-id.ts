import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Names this start of the machine: another value after each, and on each machine another. */
export async function readBootId(platform: string = process.platform): Promise<string> {
  if (platform === 'linux') return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const { stdout } = await promisify(execFile)('sysctl', ['-n', 'kern.bootsessionuuid']);
  return stdout.trim();
}
