import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { findLayout } from '../../src/adapters/stack/layout.js';
import type { StackOptions } from '../../src/adapters/stack/options.js';
import { identityOf, isAlive } from '../../src/adapters/stack/process-identity.js';
import { createStack } from '../../src/adapters/stack/stack.js';
import { readState, type StackState } from '../../src/adapters/stack/stack-state.js';
import type { Stack, StackEndpoints, StackPartName } from '../../src/ports/stack.js';
import { compileStack, copyCompiledStack } from './compiled-stack.js';
import { eventually } from './eventually.js';

const PROGRAMS = join(import.meta.dirname, 'stack-programs');
const SERVES_AGAIN_MS = 60_000;

export interface ClientAnswer {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
  readonly lines: readonly string[];
}

/** A stack in a home of its own, with the real servers and a worker that only says that it is ready. */
export interface StackBench {
  /** Holds the home and everything else; removed by `close`. */
  readonly directory: string;
  readonly options: StackOptions;
  readonly stack: Stack;
  /** The command of a worker that does what a worker must, and no more. */
  readonly fakeWorker: readonly string[];
  /** Lines of progress of all calls through `up` and `down`. */
  readonly lines: string[];
  up(): Promise<StackEndpoints>;
  down(): Promise<void>;
  /** The same call in a process of its own; `by` goes before the program. */
  inProcess(method: keyof Stack, by?: readonly string[]): Promise<ClientAnswer>;
  state(): StackState;
  /** The pid of a part that runs. */
  pid(part: StackPartName): Promise<number>;
  /** SIGKILL to parts, all at once; returns their pids once they are gone. */
  kill(...parts: StackPartName[]): Promise<number[]>;
  /** Waits until the part runs, as another process than this one. */
  runsAgain(part: StackPartName, notPid: number): Promise<number>;
  /** Living processes that name this bench, or its database, in their arguments. */
  processes(): number[];
  close(): Promise<void>;
}

export interface BenchOptions extends Partial<StackOptions> {
  /** File name of the worker among the stack programs. */
  readonly worker?: string;
  readonly parent?: string;
  /** For another user than this one: what that user runs lies in the bench's directory. */
  readonly isForAnother?: boolean;
}

export function stackBench({
  worker = 'fake-worker.mjs',
  parent,
  isForAnother = false,
  ...changes
}: BenchOptions = {}): StackBench {
  const directory = mkdtempSync(join(parent ?? tmpdir(), 'signalbox-bench-'));
  const compiled = isForAnother ? copyCompiledStack(directory) : compileStack();
  const temporalCli = process.env['SIGNALBOX_TEMPORAL_CLI'];
  const optionsFile = join(directory, 'options.json');
  const home = changes.home ?? join(directory, 'home');
  const program = (name: string) => [process.execPath, join(PROGRAMS, name), compiled, optionsFile];
  const options: StackOptions = {
    home,
    environment: { PATH: process.env['PATH'], HOME: directory },
    temporalCli: isForAnother && temporalCli !== undefined ? copied(temporalCli, directory) : temporalCli,
    temporalNamespace: 'default',
    searchAttributes: { SignalboxPath: 'Keyword', SignalboxStatus: 'Keyword' },
    supervisorCommand: program('supervise.mjs'),
    workerCommand: program(worker),
    ...changes,
  };
  writeFileSync(optionsFile, JSON.stringify(options));
  const stack = createStack(options);
  const lines: string[] = [];
  const progress = (line: string) => lines.push(line);
  const layout = () => {
    const found = findLayout(home);
    if (found === null) throw new Error(`no stack has been made in ${home}`);
    return found;
  };

  const bench: StackBench = {
    directory,
    options,
    stack,
    fakeWorker: program('fake-worker.mjs'),
    lines,
    up: () => stack.up(progress),
    down: () => stack.down(progress),
    inProcess: async (method, by = []) => {
      const argv = [...by, ...program('stack-client.mjs'), method];
      const { stdout } = await promisify(execFile)(argv[0] ?? '', argv.slice(1));
      return JSON.parse(stdout) as ClientAnswer;
    },
    state: () => {
      const state = readState(layout().stateFile);
      if (state === null) throw new Error('the stack has no state');
      return state;
    },
    pid: async (name) => {
      const part = (await stack.ps()).find((one) => one.name === name);
      if (part === undefined || part.pid === null)
        throw new Error(`${name} does not run: ${JSON.stringify(part)}`);
      return part.pid;
    },
    kill: async (...parts) => {
      const pids = await Promise.all(parts.map((part) => bench.pid(part)));
      const identities = pids.flatMap((pid) => identityOf(pid) ?? []);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await eventually(() => {
        if (identities.some(isAlive)) throw new Error(`${parts.join(', ')} outlived SIGKILL`);
      });
      return pids;
    },
    runsAgain: (name, notPid) =>
      eventually(async () => {
        const part = (await stack.ps()).find((one) => one.name === name);
        if (part?.state !== 'running' || part.pid === null || part.pid === notPid) {
          throw new Error(`${name} does not run again: ${JSON.stringify(part)}`);
        }
        return part.pid;
      }, SERVES_AGAIN_MS),
    processes: () => processesNaming([directory, findLayout(home)?.postgres ?? directory]),
    close: async () => {
      await stack.down(() => undefined);
      const found = findLayout(home);
      for (const path of [...(found === null ? [] : [found.postgres]), directory]) {
        rmSync(path, { recursive: true, force: true });
      }
    },
  };
  mkdirSync(directory, { recursive: true });
  return bench;
}

function copied(program: string, directory: string): string {
  const copy = join(directory, basename(program));
  copyFileSync(program, copy);
  return copy;
}

/** Addresses on which these processes listen, as the kernel writes them (`0100007F:1F90`); Linux. */
export function listeningAddresses(pids: readonly number[]): string[] {
  const inodes = new Set(pids.flatMap(socketsOf));
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && inodes.has(fields[9] ?? ''))
    .map((fields) => fields[1] ?? '');
}

const LISTEN = '0A';

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

function processesNaming(texts: readonly string[]): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return texts.some((text) => line.includes(text));
      } catch {
        return false;
      }
    });
}
