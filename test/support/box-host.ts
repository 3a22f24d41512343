import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { RunError, type ErrorCode } from '../../src/core/errors.js';
import type { Box, ContainmentLevel } from '../../src/ports/box.js';
import { EXECUTION } from '../ports/box.contract.js';
import { compileHostSide } from './compiled-source.js';
import { writeLauncher } from './launcher-entry.js';
import { tempDirectory } from './temp-directory.js';

/** Nobody in particular: an ordinary user whom every system knows. */
export const ORDINARY_UID = 65_534;

/** Level 1, and other users, are for root alone; everybody else tries level 2 as who they are. */
export const IS_ROOT = process.getuid?.() === 0;
/** The strictest level of whoever runs the tests. */
export const OWN_LEVEL = IS_ROOT ? 1 : 2;
/** Every level with walls that can be tried here. */
export const WALLED: readonly BoxHostOptions[] = IS_ROOT
  ? [{ level: 1 }, { level: 2, uid: ORDINARY_UID }]
  : [{ level: 2 }];
/** Level 2 as an ordinary user has it. */
export const ORDINARY: BoxHostOptions = IS_ROOT ? { level: 2, uid: ORDINARY_UID } : { level: 2 };

/** What the Temporal of a host says of an ID; everything else is open, its current execution being `EXECUTION`. */
export type TemporalFacts = Readonly<
  Record<string, { readonly isOpen: boolean; readonly temporalRunId: string } | 'away'>
>;

const PROGRAM = `
import { createInterface } from 'node:readline';
import { RunError } from './src/core/errors.js';
import { findContainment } from './src/adapters/box/containment.js';
import { makeLauncherProcess } from './src/adapters/box/launcher-process.js';
import { makeBox } from './src/adapters/box/make-box.js';

const { strictest, stateDirectory, killLimitMs, launcherEntry, execution } = JSON.parse(process.argv[2]);
let temporal = {};
const tell = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
const describe = async (temporalWorkflowId) => {
  const facts = temporal[temporalWorkflowId] ?? { isOpen: true, temporalRunId: execution };
  if (facts === 'away') throw new RunError('TEMPORAL_UNREACHABLE', 'away');
  return { temporalWorkflowId, statusName: '', ...facts };
};
const log = (fields, message) => tell({ logged: message, fields });
const containment = await findContainment(strictest);
const launcher = launcherEntry === null ? {} : { launcher: makeLauncherProcess(launcherEntry) };
const box = makeBox({
  containment, stateDirectory, killLimitMs, executions: { describe }, logger: { info: log, warn: log, error: log }, ...launcher,
});
const methods = {
  temporal: async (facts) => { temporal = facts; },
  ensureOpen: (...args) => box.ensureOpen(...args),
  stopAttempt: (...args) => box.stopAttempt(...args),
  close: (...args) => box.close(...args),
  prove: (...args) => box.prove(...args),
  list: () => box.list(),
  evict: (...args) => box.evict(...args),
};
tell({ level: box.level, uid: process.getuid() });
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, args } = JSON.parse(line);
  const call = method === 'enter' ? box.enter(args[0], (pid) => tell({ id, started: pid })) : methods[method](...args);
  call.then(
    (result) => tell({ id, result: result ?? null }),
    (error) => tell({ id, error: { code: error.code ?? 'INTERNAL', message: error.message, details: error.details ?? {} } }),
  );
}).on('close', () => process.exit());
`;

let compiled: string | null = null;

/** Compiled once per test process, and left to the last test of it. */
function programs(): string {
  if (compiled !== null) return compiled;
  const directory = compileHostSide();
  writeFileSync(join(directory, 'box-host.js'), PROGRAM);
  writeLauncher(directory);
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return (compiled = directory);
}

/** The boxes of a worker process of its own. */
export interface BoxHost {
  readonly box: Box;
  readonly process: ChildProcess;
  readonly uid: number;
  readonly stateDirectory: string;
  /** Warnings it has logged. */
  readonly logged: readonly string[];
  temporal(facts: TemporalFacts): Promise<void>;
}

export interface BoxHostOptions {
  readonly level: 1 | 2 | 3;
  /** Default: the user of the tests. */
  readonly uid?: number;
  /** Default: one of its own. */
  readonly stateDirectory?: string;
  readonly killLimitMs?: number;
  readonly withLauncher?: boolean;
  /** What comes before it on the command line. */
  readonly through?: readonly string[];
}

interface Report {
  readonly id?: number;
  readonly started?: number;
  readonly result?: unknown;
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly details: object };
  readonly level?: ContainmentLevel;
  readonly uid?: number;
  readonly logged?: string;
}

interface Call {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onStarted: (pid: number) => void;
}

function commandOf(options: BoxHostOptions, stateDirectory: string): string[] {
  const { uid, level, killLimitMs = 5_000, withLauncher = false } = options;
  const directory = programs();
  const asUser = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const facts = {
    strictest: level,
    stateDirectory,
    killLimitMs,
    launcherEntry: withLauncher ? join(directory, 'launcher.js') : null,
    execution: EXECUTION,
  };
  const program = [process.execPath, join(directory, 'box-host.js'), JSON.stringify(facts)];
  return [...(options.through ?? []), ...(uid === undefined ? [] : asUser), ...program];
}

/** A directory that the given user owns, removed when the test is over. */
export function directoryOf(uid: number | undefined): string {
  const directory = tempDirectory();
  if (uid !== undefined) chownSync(directory, uid, uid);
  return directory;
}

/** Starts such a process. It is killed when the test is over. @throws when its level cannot be had here */
export async function startBoxHost(options: BoxHostOptions): Promise<BoxHost> {
  const stateDirectory = options.stateDirectory ?? join(directoryOf(options.uid), 'state');
  const [program, ...words] = commandOf(options, stateDirectory) as [string, ...string[]];
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: '/usr/bin:/bin' } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const calls = new Map<number, Call>();
  const logged: string[] = [];
  const hello = await new Promise<Report>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the box host ended')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const report = JSON.parse(line) as Report;
      if (report.logged !== undefined) logged.push(report.logged);
      else if (report.id === undefined) resolve(report);
      else settle(calls, report as Report & { id: number });
    });
  });
  if (hello.level !== options.level) throw new Error(`level ${options.level} cannot be had here`);
  const call = (method: string, args: unknown[], onStarted: Call['onStarted'] = () => undefined) =>
    new Promise<never>((resolve, reject) => {
      const id = calls.size + 1;
      calls.set(id, { resolve: resolve as Call['resolve'], reject, onStarted });
      child.stdin.write(`${JSON.stringify({ id, method, args })}\n`);
    });
  return {
    process: child,
    uid: hello.uid ?? -1,
    stateDirectory,
    logged,
    temporal: (facts) => call('temporal', [facts]),
    box: {
      level: hello.level,
      ensureOpen: (...args) => call('ensureOpen', args),
      enter: (task, onStarted) => call('enter', [task], onStarted),
      stopAttempt: (...args) => call('stopAttempt', args),
      close: (...args) => call('close', args),
      prove: (...args) => call('prove', args),
      list: () => call('list', []),
      evict: (...args) => call('evict', args),
    },
  };
}

function settle(
  calls: ReadonlyMap<number, Call>,
  { id, started, error, result }: Report & { id: number },
): void {
  const call = calls.get(id);
  if (started !== undefined) call?.onStarted(started);
  else if (error === undefined) call?.resolve(result);
  else call?.reject(new RunError(error.code, error.message, error.details as never));
}
