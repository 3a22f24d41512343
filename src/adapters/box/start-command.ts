import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { RunError } from '../../core/errors.js';
import type { BoxExit, BoxTask } from '../../ports/box.js';
import { hasProc, readProcess } from './proc.js';

/** A command that was started. */
export interface StartedProcess {
  readonly pid: number;
  /** With the pid its identity; null where the system doesn't tell. */
  readonly startTicks: number | null;
  /**
   * Settles with its own process, whatever its children hold open.
   * @throws RunError `NODE_INTERRUPTED` who started it is gone: whether it has ended is unknown
   */
  readonly ended: Promise<BoxExit>;
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

function holdersOfNul({ environment }: BoxTask): string {
  const names = Object.entries(environment).flatMap(([name, value]) =>
    `${name}${value}`.includes('\0') ? [JSON.stringify(name)] : [],
  );
  return names.length === 0 ? 'its arguments' : `the environment's ${names.join(', ')}`;
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
    // Node's own sentence quotes the value, which may be a secret.
    case 'ERR_INVALID_ARG_VALUE':
      return `no program can be given a NUL byte, and there is one in ${holdersOfNul(task)}; remove it`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function unstartable(task: BoxTask, error: unknown): RunError {
  return new RunError('NODE_UNSTARTABLE', `the command cannot be started: ${reasonFor(task, error)}`, {
    cause: codeOf(error),
  });
}

/**
 * Looks whether a command can be started, where a door would stand between its failure and us.
 * @throws RunError `NODE_UNSTARTABLE`
 */
export function requireStartable(task: BoxTask): void {
  const [program] = task.argv;
  try {
    accessSync(task.workingPath, constants.X_OK);
    accessSync(program, constants.X_OK);
  } catch (error) {
    throw unstartable(task, error);
  }
}

/** Makes an output file, 0600 and empty. @throws RunError `NODE_UNSTARTABLE` */
function openOutput(path: string): number {
  try {
    return openSync(path, OUTPUT_FLAGS, 0o600);
  } catch (error) {
    throw new RunError('NODE_UNSTARTABLE', `no output can be written to ${path}: ${codeOf(error)}`);
  }
}

/** Starts a process that writes to these files. */
function spawnCommand(
  task: BoxTask,
  markers: Readonly<Record<string, string>>,
  outputs: readonly [stdout: number, stderr: number],
): ChildProcess {
  const [program, ...words] = task.argv;
  return spawn(program, words, {
    cwd: task.workingPath,
    env: { ...task.environment, ...markers },
    detached: true,
    stdio: ['ignore', ...outputs],
  });
}

function openAndSpawn(task: BoxTask, markers: Readonly<Record<string, string>>): ChildProcess {
  const files: number[] = [];
  try {
    const stdout = openOutput(task.stdoutPath);
    files.push(stdout);
    const stderr = openOutput(task.stderrPath);
    files.push(stderr);
    return spawnCommand(task, markers, [stdout, stderr]);
  } catch (error) {
    throw error instanceof RunError ? error : unstartable(task, error);
  } finally {
    for (const file of files) closeSync(file);
  }
}

/**
 * Starts a command as leader of a session of its own, with nothing to read and files to write to.
 * @param markers laid over the task's environment
 * @throws RunError `NODE_UNSTARTABLE`
 */
export async function startCommand(
  task: BoxTask,
  markers: Readonly<Record<string, string>>,
): Promise<StartedProcess> {
  const child = openAndSpawn(task, markers);
  const ended = new Promise<BoxExit>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      resolve({ exitCode, signal });
    });
  });
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [unknown];
    throw unstartable(task, error);
  }
  // Before it is reaped: afterwards the number may be another's.
  const startTicks = hasProc() ? (readProcess(child.pid)?.startTicks ?? null) : null;
  return { pid: child.pid, startTicks, ended };
}
