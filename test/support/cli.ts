import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { eventually } from './eventually.js';
import { findLayout } from '../../src/adapters/stack/layout.js';

const BIN = fileURLToPath(new URL('../../bin/signalbox.js', import.meta.url));
const git = promisify(execFile);

/** No command takes as long, with the stack's first start in it. */
const COMMAND_MS = 150_000;
const LOG_TAIL = 4_000;

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the command line, and what it has said so far. */
export interface CliProcess {
  readonly process: ChildProcess;
  output(): { readonly stdout: string; readonly stderr: string };
  ended(): Promise<CliResult>;
}

/** A person's surroundings: a home of its own, with a local stack in it once something needs it. */
export interface CliHome {
  readonly home: string;
  readonly environment: Record<string, string>;
  start(args: readonly string[], options?: { cwd?: string; env?: Record<string, string> }): CliProcess;
  run(args: readonly string[], options?: { cwd?: string; env?: Record<string, string> }): Promise<CliResult>;
  /** Takes the stack down and removes every file. */
  remove(): Promise<void>;
}

export async function makeCliHome(extra: Record<string, string> = {}): Promise<CliHome> {
  const home = await mkdtemp(join(tmpdir(), 'signalbox-home-'));
  const environment = {
    ...withoutOurs(process.env),
    HOME: home,
    SIGNALBOX_HOME: join(home, 'signalbox'),
    ...extra,
  };
  const start: CliHome['start'] = (args, options = {}) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: options.cwd ?? home,
      env: { ...environment, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const closed = once(child, 'close');
    return {
      process: child,
      output: () => ({ stdout, stderr }),
      ended: async () => {
        await closed;
        return { exitCode: child.exitCode, stdout, stderr };
      },
    };
  };
  const run: CliHome['run'] = async (args, options) => {
    const command = start(args, options);
    const late = setTimeout(() => command.process.kill('SIGKILL'), COMMAND_MS);
    const result = await command.ended();
    clearTimeout(late);
    if (command.process.killed) throw new Error(await lateReport(args, result, environment.SIGNALBOX_HOME));
    return result;
  };
  return {
    home,
    environment,
    start,
    run,
    remove: async () => {
      await run(['down']);
      // As root, Postgres keeps its data in a place of its own.
      const postgres = findLayout(environment.SIGNALBOX_HOME)?.postgres;
      for (const directory of [postgres ?? home, home]) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a command that did not end has said, and what the programs of its stack have logged last. */
async function lateReport(args: readonly string[], result: CliResult, home: string): Promise<string> {
  const logs = join(findLayout(home)?.directory ?? home, 'log');
  const names = await readdir(logs).catch(() => []);
  const tails = names.map(async (name) => {
    const text = await readFile(join(logs, name), 'utf8').catch(() => '');
    return `--- ${name}\n${text.slice(-LOG_TAIL)}`;
  });
  const said = `stdout: ${result.stdout}\nstderr: ${result.stderr}`;
  return [`signalbox ${args.join(' ')} did not end`, said, ...(await Promise.all(tails))].join('\n');
}

/** The surroundings of the tests, less everything that would lead to somebody else's servers. */
function withoutOurs(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept = ['SIGNALBOX_TEMPORAL_CLI', 'SIGNALBOX_TEST_SERVER'];
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) =>
        value !== undefined &&
        (kept.includes(name) ||
          !/^(SIGNALBOX_|TEMPORAL_|DATABASE_URL|ARCHON_|XDG_|VITEST|NODE_ENV)/.test(name)),
    ),
  ) as Record<string, string>;
}

/** A git repository with workflows, each given by the text of its YAML file. */
export async function makeRepository(workflows: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-repo-'));
  await git('git', ['init', '--quiet', '--initial-branch=main', directory]);
  await addWorkflows(directory, workflows);
  return directory;
}

export async function addWorkflows(
  directory: string,
  workflows: Readonly<Record<string, string>>,
): Promise<void> {
  const folder = join(directory, '.archon', 'workflows');
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(workflows)) await writeFile(join(folder, `${name}.yaml`), text);
}

/** A workflow file of bash nodes, one after the other. */
export function chainOf(name: string, ...scripts: readonly string[]): string {
  const nodes = scripts.map((script, index) => ({
    id: `n${index + 1}`,
    bash: script,
    ...(index === 0 ? {} : { depends_on: [`n${index}`] }),
  }));
  return JSON.stringify({ name, description: name, nodes });
}

/** A person who works in one repository. */
export interface Worksite {
  run(...args: string[]): Promise<CliResult>;
  /** Writes a workflow of bash nodes, one after the other. */
  define(name: string, ...scripts: string[]): Promise<void>;
  /** Starts a workflow without following it. @returns its run id */
  detach(name: string): Promise<string>;
  statusOf(runId: string): Promise<string>;
  becomes(runId: string, status: string): Promise<void>;
  /** Waits until a file of the repository is there. @returns what it holds */
  appears(file: string): Promise<string>;
}

const PATIENCE_MS = 60_000;

export function workIn(cli: CliHome, repository: string): Worksite {
  const run: Worksite['run'] = (...args) => cli.run(args, { cwd: repository });
  const statusOf: Worksite['statusOf'] = async (runId) =>
    String(jsonOf(await cli.run(['get', runId, '--json']))['status']);
  return {
    run,
    define: (name, ...scripts) => addWorkflows(repository, { [name]: chainOf(name, ...scripts) }),
    detach: async (name) => {
      const started = await run('run', name, '--detach', '--json');
      expect(started.exitCode, started.stderr).toBe(0);
      return jsonOf(started)['runId'] as string;
    },
    statusOf,
    becomes: (runId, status) =>
      eventually(async () => {
        expect(await statusOf(runId)).toBe(status);
      }, PATIENCE_MS),
    appears: (file) => eventually(() => readFile(join(repository, file), 'utf8'), PATIENCE_MS),
  };
}

/** The one object of `--json`. */
export function jsonOf(result: CliResult): Record<string, unknown> {
  return JSON.parse(result.stdout) as Record<string, unknown>;
}
