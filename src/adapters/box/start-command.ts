import { spawn } from 'node:child_process';
import { constants, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { RunError } from '../../core/errors.js';
import type { BoxExit, BoxTask } from '../../ports/box.js';

/** A command that runs. `ended` settles with its own process, whatever its children hold open. */
export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<BoxExit>;
}

/** The files that take a command's output. */
export interface OutputFiles {
  readonly stdout: FileHandle;
  readonly stderr: FileHandle;
}

// Appending, so that a program that opens /dev/stdout anew and truncates it leaves no hole of NUL bytes.
const OUTPUT_FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND | constants.O_NOFOLLOW;

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function sizeOf(task: BoxTask): number {
  const texts = [...task.argv, ...Object.entries(task.environment).map((entry) => entry.join('='))];
  return texts.reduce((total, text) => total + Buffer.byteLength(text) + 1, 0);
}

function reasonFor(task: BoxTask, error: unknown): string {
  const [program] = task.argv;
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return isDirectory(task.workingPath)
        ? `there is no program ${program}; install it`
        : `the directory ${task.workingPath} is gone; make it again`;
    case 'EACCES':
      return `this user may not run ${program} in ${task.workingPath}; check the permissions of both`;
    case 'E2BIG':
      return `its arguments and environment take ${sizeOf(task)} bytes, more than this system gives a program (one value: 128 KiB); shorten the message, the inputs or the environment`;
    case 'EAGAIN':
    case 'ENOMEM':
      return `this system has no room for another process (${codeOf(error)}); end some, or raise the limit (ulimit -u)`;
    case 'EMFILE':
    case 'ENFILE':
      return `too many files are open (${codeOf(error)}); raise the limit (ulimit -n)`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function unstartable(task: BoxTask, error: unknown): RunError {
  return new RunError('NODE_UNSTARTABLE', `the command cannot be started: ${reasonFor(task, error)}`, {
    cause: codeOf(error),
  });
}

/** Makes both files, 0600 and empty. @throws RunError `NODE_UNSTARTABLE` */
export async function openOutputFiles(task: BoxTask): Promise<OutputFiles> {
  const stdout = await open(task.stdoutPath, OUTPUT_FLAGS, 0o600).catch((error: unknown) => {
    throw new RunError(
      'NODE_UNSTARTABLE',
      `no output can be written to ${task.stdoutPath}: ${codeOf(error)}`,
    );
  });
  try {
    return { stdout, stderr: await open(task.stderrPath, OUTPUT_FLAGS, 0o600) };
  } catch (error) {
    await stdout.close();
    throw new RunError(
      'NODE_UNSTARTABLE',
      `no output can be written to ${task.stderrPath}: ${codeOf(error)}`,
    );
  }
}

/**
 * Starts a command as leader of a session of its own, with nothing to read and files to write to.
 * It has started, or not, when the call returns: what the caller checked just before still holds.
 * @param markers laid over the task's environment
 * @throws RunError `NODE_UNSTARTABLE`
 */
export function startCommand(
  task: BoxTask,
  markers: Readonly<Record<string, string>>,
  files: OutputFiles,
): Promise<RunningCommand> {
  return new Promise((resolve, reject) => {
    const [program, ...words] = task.argv;
    try {
      const child = spawn(program, words, {
        cwd: task.workingPath,
        env: { ...task.environment, ...markers },
        detached: true,
        stdio: ['ignore', files.stdout.fd, files.stderr.fd],
      });
      const ended = new Promise<BoxExit>((end) => {
        child.once('exit', (exitCode, signal) => {
          end({ exitCode, signal });
        });
      });
      child.once('error', (error) => {
        reject(unstartable(task, error));
      });
      if (child.pid !== undefined) resolve({ pid: child.pid, ended });
    } catch (error) {
      reject(unstartable(task, error));
    }
  });
}
