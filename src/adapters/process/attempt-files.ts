import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../../core/errors.js';

/** Where an attempt keeps what it runs and what it says. All 0600, in a directory 0700. */
export interface AttemptFiles {
  readonly directory: string;
  readonly script: string;
  readonly stdout: string;
  readonly stderr: string;
  /** The output as others read it, where it is too large to travel. */
  readonly output: string;
  field(name: string): string;
}

const SAFE_NAME = /^(?!\.{1,2}$)[\w.@=+~-]{1,255}$/;

function directoryOf(artifactsDir: string, attemptId: string): string {
  if (SAFE_NAME.test(attemptId)) return join(artifactsDir, '.signalbox', 'attempts', attemptId);
  throw new RunError('INTERNAL', `${JSON.stringify(attemptId)} cannot name a directory`);
}

function makeEmptyDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
}

/**
 * Makes the directory of an attempt, with its script, if that is a text of its own. What an earlier try of the
 * same attempt left is removed. Not asynchronous: these few calls take less time than one turn of Node's thread
 * pool.
 * @throws RunError `NODE_UNSTARTABLE` the disk is full, or closed to us
 */
export function makeAttemptFiles(
  artifactsDir: string,
  attemptId: string,
  script: string | null,
): AttemptFiles {
  const directory = directoryOf(artifactsDir, attemptId);
  const files: AttemptFiles = {
    directory,
    script: join(directory, 'script'),
    stdout: join(directory, 'stdout'),
    stderr: join(directory, 'stderr'),
    output: join(directory, 'output'),
    field: (name) => join(directory, `output.${name}`),
  };
  try {
    makeEmptyDirectory(directory);
    if (script !== null) writeFileSync(files.script, script, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new RunError('NODE_UNSTARTABLE', `its script cannot be written: ${(error as Error).message}`);
  }
  return files;
}
