import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Work } from '../../core/dry-run/attempt.js';
import { failedWith, type Played } from '../../core/dry-run/stub-value.js';
import { toText } from '../../core/expression/output.js';
import { inputVariable } from '../../core/expression/reference.js';

/** Runs the code of a node; null: it has none that can be run here. */
export type RunCode = (work: Work) => Promise<Played | null>;

export interface CodePlace {
  /** Where code runs; null: none is to be run. */
  readonly directory: string | null;
  /** Of the caller, with what the config adds. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the language's `$NAMES` stand for, without `$`. */
  readonly variables: Readonly<Record<string, string>>;
}

const STDERR_CHARACTERS = 2_000;
const FILE = { bun: 'node.ts', uv: 'node.py', bash: 'node.sh' } as const;

/**
 * Runs code for as long as `use` goes on, with directories that go with it. Like what one types oneself: no lease
 * is held, and no box contains it.
 */
export async function withCodeRunner<Result>(
  place: CodePlace,
  use: (runCode: RunCode | null, variables: CodePlace['variables']) => Promise<Result>,
): Promise<Result> {
  const { directory } = place;
  if (directory === null) return use(null, place.variables);
  const root = await mkdtemp(join(tmpdir(), 'signalbox-dry-run-'));
  try {
    const own = {
      ARTIFACTS_DIR: join(root, 'artifacts'),
      STATE_DIR: join(root, 'state'),
      LOG_DIR: join(root, 'logs'),
    };
    for (const path of Object.values(own)) await mkdir(path);
    const variables = { ...place.variables, ...own };
    const { environment } = place;
    return await use((work) => runCode(work, { root, directory, environment }), variables);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

interface Surroundings {
  readonly root: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function runCode(work: Work, around: Surroundings): Promise<Played | null> {
  const { node, text, inputs, variables, bindings } = work;
  if (text === null || (node.kind !== 'bash' && node.kind !== 'script')) return null;
  const runtime = node.kind === 'bash' ? 'bash' : node.runtime;
  const file = join(around.root, FILE[runtime]);
  await writeFile(file, text);
  const given = Object.fromEntries(Object.entries(bindings).map(([name, value]) => [name, toText(value)]));
  const environment = { ...around.environment, ...variables, ...asVariables({ ...inputs, ...given }) };
  return spawned(argvOf(node, file), { ...around, environment }, node.timeoutMs);
}

function argvOf(
  node: Extract<Work['node'], { kind: 'bash' | 'script' }>,
  file: string,
): [string, ...string[]] {
  if (node.kind === 'bash') return ['bash', file];
  if (node.runtime === 'bun') return ['bun', '--no-env-file', 'run', file];
  return ['uv', 'run', ...node.deps.flatMap((dependency) => ['--with', dependency]), 'python', file];
}

function spawned(
  [program, ...args]: [string, ...string[]],
  { directory, environment }: Surroundings,
  timeoutMs: number,
): Promise<Played> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: directory,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (output.stdout += piece));
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      output.stderr = (output.stderr + piece).slice(-STDERR_CHARACTERS);
    });
    const timer = setTimeout(() => {
      output.stderr = `timed out after ${timeoutMs}ms`;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve(failedWith(error.message));
    });
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      if (exitCode === 0) resolve({ kind: 'output', text: output.stdout.replace(/\n$/, '') });
      else resolve(failedWith(output.stderr, exitCode ?? 1));
    });
  });
}

function asVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [inputVariable(name), value]));
}
