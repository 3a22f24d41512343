import { statfsSync } from 'node:fs';
import { type ErrorCode, RunError } from '../../core/errors.js';
import { isSystemError } from './private-file.js';

/** A directory that the stack needs and cannot use, as a sentence. */
export function unusableDirectory(directory: string, error: unknown): unknown {
  if (error instanceof RunError || !isSystemError(error)) return error;
  return systemFailure(directory, error) ?? error;
}

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const UNUSABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ELOOP', 'ENAMETOOLONG']);
const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']);

/**
 * What the system said, as something a person can act on; null for errors that say nothing about the machine.
 * @param directory where it happened
 */
export function systemFailure(directory: string, error: NodeJS.ErrnoException): RunError | null {
  const errno = error.code ?? '';
  const report = (code: ErrorCode, message: string) =>
    new RunError(code, message, { directory, errno }, { cause: error });
  if (FULL.has(errno)) return report('STACK_DISK_FULL', diskFull(directory));
  if (UNUSABLE.has(errno)) {
    const message = `The local stack cannot write to ${error.path ?? directory} (${errno}). Make it writable, or name another directory in SIGNALBOX_HOME.`;
    return report('STACK_DIRECTORY_UNUSABLE', message);
  }
  if (EXHAUSTED.has(errno)) {
    const message = `The system refused the local stack a process, a file or memory (${errno}). Free some, or raise the limits (ulimit -a), and try again.`;
    return report('STACK_RESOURCES_EXHAUSTED', message);
  }
  return null;
}

const LEAST_FREE_BYTES = 4 * 1024 * 1024;

/** A full disk under this directory, if that may be why something there failed; else null. */
export function fullDisk(directory: string): RunError | null {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize >= LEAST_FREE_BYTES) return null;
  return new RunError('STACK_DISK_FULL', diskFull(directory), { directory });
}

function diskFull(directory: string): string {
  return `No space is left on the disk of ${directory}. Free some, or name a directory on another disk in SIGNALBOX_HOME.`;
}
