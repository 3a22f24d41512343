import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { RunError } from '../core/errors.js';
import type { HostId } from '../core/ids.js';

const SHAPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The machine's identity: what was configured, else `/etc/machine-id`, on macOS the platform UUID. Never
 * the host name, which two machines may share.
 * @throws RunError `HOST_ID_INVALID`
 */
export async function readHostId(
  configured: string | null,
  platform: string = process.platform,
): Promise<HostId> {
  const found = configured ?? (platform === 'darwin' ? await platformUuid() : await machineId());
  const hostId = found.trim();
  if (hostId === 'uninitialized' || !SHAPE.test(hostId)) {
    throw new RunError(
      'HOST_ID_INVALID',
      `this machine's id is ${JSON.stringify(hostId)}, which names no machine. Run systemd-machine-id-setup, or set SIGNALBOX_HOST_ID to a name that no other machine has (letters, digits, . _ -)`,
    );
  }
  return hostId as HostId;
}

async function machineId(): Promise<string> {
  for (const file of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.trim() !== '') return text;
  }
  return '';
}

async function platformUuid(): Promise<string> {
  const { stdout } = await promisify(execFile)('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']);
  return /"IOPlatformUUID" = "([^"]+)"/.exec(stdout)?.[1] ?? '';
}
