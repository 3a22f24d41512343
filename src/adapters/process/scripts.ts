import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ScriptRuntime, ScriptSource } from '../../core/definition/definition.js';
import { runtimeOf } from '../../core/definition/runtimes.js';
import { RunError } from '../../core/errors.js';
import { findReferences } from '../../core/expression/reference.js';
import { substitute } from '../../core/expression/substitute.js';
import type { ScriptTask } from '../../core/run/task.js';
import type { TextStore } from '../../ports/run-table.js';
import type { Scripts } from '../../ports/scripts.js';
import { findRuntime } from './find-program.js';
import { runEnvironment, type Environment } from './node-environment.js';
import { makeAttempts, type AttemptOptions, type Programs, type Template } from './run-attempt.js';

export interface ScriptsOptions extends AttemptOptions {
  readonly texts: Pick<TextStore, 'get'>;
}

/** Runs a program with a file as its standard input. */
const WITH_INPUT = ['/bin/sh', '-c', 'exec "$@" <"$0"'] as const;

/** Runs script nodes in the runs' boxes, with Bun and uv. */
export function makeScripts(options: ScriptsOptions): Scripts {
  const { texts, workerEnvironment } = options;
  const find = (runtime: ScriptRuntime, environment: Environment): string =>
    findRuntime(runtime, [environment['PATH'] ?? '', workerEnvironment['PATH'] ?? '']);

  const programs: Programs<ScriptTask> = {
    noun: 'Script node',
    read: async (task, environment) => {
      const { source } = task;
      if (source.kind === 'named') return namedTemplate(task, source, environment, find);
      const text = source.text.kind === 'inline' ? source.text.text : await texts.get(source.text.sha256);
      return inlineTemplate(task, text, find(task.runtime, environment));
    },
  };

  return {
    async requireRuntimes(run, runtimes) {
      if (runtimes.length === 0) return;
      const environment = await runEnvironment(options, run);
      for (const runtime of runtimes) find(runtime, environment);
    },
    run: makeAttempts(options, programs),
  };
}

/**
 * The text comes in by standard input: so it finds modules from the working path on, may be of any length, and no
 * list of processes shows what was written into it.
 */
function inlineTemplate({ runtime, deps }: ScriptTask, text: string, program: string): Template {
  const words = runtime === 'bun' ? [...BUN, 'run', '-'] : ['run', ...withPackages(deps), 'python', '-'];
  return {
    references: findReferences(text).map(({ reference }) => reference),
    toCommand: (scope) => ({
      program: substitute(text, 'script', scope),
      argv: (file) => [...WITH_INPUT, file, program, ...words],
    }),
  };
}

/** Its extension says what runs it; it finds modules beside it, and those of the working path. */
function namedTemplate(
  task: ScriptTask,
  { name, file = name }: ScriptSource & { readonly kind: 'named' },
  environment: Environment,
  find: (runtime: ScriptRuntime, environment: Environment) => string,
): Template {
  const path = join(task.artifactsDir, 'workflow-source', file);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new RunError(
      'NODE_UNSTARTABLE',
      `the named script '${name}' is not among what this run was started with (${path}); start it anew, with the script in .archon/scripts`,
    );
  }
  const runtime = runtimeOf(task);
  const program = find(runtime, environment);
  const words = runtime === 'bun' ? [...BUN, 'run', path] : ['run', ...withPackages(task.deps), path];
  const variables = { NODE_PATH: modulePath(task.workingPath, environment['NODE_PATH']) };
  return {
    references: [],
    toCommand: () => ({ program: null, argv: () => [program, ...words], variables }),
  };
}

/** Where a script in `.archon/scripts` would find modules, though its copy lies elsewhere. */
function modulePath(workingPath: string, given: string | undefined): string {
  const folders = ['.archon/scripts', '.archon', '.'].map((folder) =>
    join(workingPath, folder, 'node_modules'),
  );
  return [...folders, ...(given === undefined ? [] : [given])].join(':');
}

/** Bun would read `.env` of the working path, which is none of ours. */
const BUN = ['--no-env-file'] as const;

function withPackages(deps: readonly string[]): readonly string[] {
  return deps.flatMap((dependency) => ['--with', dependency]);
}
