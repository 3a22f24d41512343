import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { RunError } from '../../core/errors.js';
import type { Account } from './account.js';
import { endProcess } from './ending.js';
import { systemFailure, fullDisk } from './failure.js';
import { logSize, logTail } from './log-file.js';
import type { Environment } from './options.js';
import { isSystemError } from './private-file.js';
import { identityOf, type ProcessIdentity } from './process-identity.js';

export interface PartCommand {
  /** As a person calls it. */
  readonly title: string;
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly directory: string;
  readonly logFile: string;
  readonly account?: Account | null;
  readonly withChannel?: boolean;
}

/** A part's process that was started; it leads a group of its own, and is not tied to our terminal. */
export interface PartProcess {
  readonly identity: ProcessIdentity;
  readonly child: ChildProcess;
  /** How it ended, as a clause: `ended with signal SIGKILL`. Never rejects. */
  readonly ended: Promise<string>;
  /** Whether `ended` has been resolved. */
  hasEnded(): boolean;
  /** The error that tells that it could not do its work, with the end of its log. */
  failure(what: string): RunError;
}

/**
 * @param started called as soon as the process exists; it is ended when this throws
 * @throws RunError when the system does not start it
 */
export async function startProcess(
  command: PartCommand,
  started: (process: PartProcess) => void,
): Promise<PartProcess> {
  const logFrom = logSize(command.logFile);
  const child = await spawned(command);
  const identity = identityOf(child.pid ?? 0) ?? { pid: child.pid ?? 0, startedAt: '', realm: '' };
  let hasEnded = false;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      hasEnded = true;
      resolve(signal === null ? `ended with exit code ${code}` : `ended with signal ${signal}`);
    });
  });
  const process: PartProcess = {
    identity,
    child,
    ended,
    hasEnded: () => hasEnded,
    failure: (what) => partFailure(command, what, logTail(command.logFile, logFrom)),
  };
  try {
    started(process);
    return process;
  } catch (error) {
    await endProcess(identity, []);
    throw error;
  }
}

async function spawned(command: PartCommand): Promise<ChildProcess> {
  const [program = '', ...args] = command.argv;
  const log = openSync(command.logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: command.directory,
      env: { ...command.environment },
      detached: true,
      stdio: ['ignore', log, log, ...(command.withChannel === true ? (['ipc'] as const) : [])],
      ...(command.account ? { uid: command.account.uid, gid: command.account.gid } : {}),
    });
    await new Promise<void>((resolve, reject) => {
      if (child.pid !== undefined) resolve();
      else child.once('error', reject);
    });
    return child;
  } catch (error) {
    throw unstartable(command, program, error);
  } finally {
    closeSync(log);
  }
}

function unstartable(command: PartCommand, program: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const known = error.code === 'ENOENT' || error.code === 'EACCES' ? null : systemFailure(program, error);
  const message = `${command.title} could not be started: ${program} answers ${error.code}.`;
  return known ?? new RunError('STACK_PART_FAILED', message, { program }, { cause: error });
}

function partFailure(command: PartCommand, what: string, log: readonly string[]): RunError {
  const full = fullDisk(command.directory);
  if (full !== null) return full;
  const end = log.length === 0 ? 'It wrote nothing to' : 'The end of';
  const lines = [`${command.title} ${what}. ${end} ${command.logFile}:`, ...log.map((line) => `  ${line}`)];
  return new RunError('STACK_PART_FAILED', lines.join('\n').replace(/:$/, '.'), {
    log,
    logFile: command.logFile,
  });
}
