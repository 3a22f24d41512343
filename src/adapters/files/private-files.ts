import { constants, openSync } from 'node:fs';
import { chmod, lstat, mkdir, open, type FileHandle } from 'node:fs/promises';

const OTHERS = 0o077;

/** What is wrong with a file or directory that is to be ours alone; null: nothing. */
export function intrusionOf(stat: { readonly uid: number; readonly mode: number }): string | null {
  const uid = process.geteuid?.() ?? 0;
  if (stat.uid !== uid) return `it belongs to user ${stat.uid}, not ${uid}`;
  const mode = (stat.mode & 0o777).toString(8).padStart(3, '0');
  return (stat.mode & OTHERS) === 0 ? null : `others may touch it (mode ${mode})`;
}

/**
 * Makes a directory that is ours alone, or makes one that is ours so.
 * @returns what is wrong with what stands in its place; null: nothing
 */
export async function makePrivateDirectory(path: string): Promise<string | null> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const stat = await lstat(path);
  if (!stat.isDirectory()) return 'it is no directory';
  if (stat.uid === process.geteuid?.() && (stat.mode & OTHERS) !== 0) {
    await chmod(path, 0o700);
    return null;
  }
  return intrusionOf(stat);
}

/** Creates a file of ours; fails when there is one, or a link. */
export function createPrivateFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
}

/** Opens for reading without following a link, and without waiting for the other end of a pipe. */
export function openWithoutFollowing(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}
