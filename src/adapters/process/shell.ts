import { RunError, type ErrorCode } from '../../core/errors.js';
import { substitute } from '../../core/expression/substitute.js';
import type { AttemptResult, ShellTask } from '../../core/run/task.js';
import type { Box, BoxExit } from '../../ports/box.js';
import type { EnvironmentStore } from '../../ports/run-files.js';
import type { TextStore } from '../../ports/run-table.js';
import type { Shell } from '../../ports/shell.js';
import { makeAttemptFiles, type AttemptFiles } from './attempt-files.js';
import { findBash } from './bash-path.js';
import { collectOutput, collectStderr } from './collect-output.js';
import { loadScope } from './load-scope.js';
import { supervise } from './supervise.js';

type Environment = Readonly<Record<string, string>>;

export interface ShellOptions {
  readonly box: Box;
  readonly texts: Pick<TextStore, 'get'>;
  readonly environment: Pick<EnvironmentStore, 'load'>;
  /** For the nodes of runs whose client left none. */
  readonly workerEnvironment: Environment;
  /** Absolute; null: the first `bash` on the worker's `PATH`. */
  readonly bashPath: string | null;
}

/** An attempt that is ready to start. */
interface Prepared {
  readonly bash: string;
  readonly files: AttemptFiles;
  readonly environment: Environment;
}

type Ending =
  | Omit<AttemptResult & { kind: 'completed' }, 'durationMs'>
  | Omit<AttemptResult & { kind: 'failed' }, 'durationMs'>;

function failed(code: ErrorCode, message: string): Ending {
  return { kind: 'failed', failure: { code, message } };
}

function label(task: ShellTask): string {
  return `Bash node '${task.nodeId}'`;
}

/** Runs bash nodes in the runs' boxes; each attempt has its files under `<artifacts>/.signalbox/attempts`. */
export function makeShell(options: ShellOptions): Shell {
  const { box } = options;

  const attempt = async (task: ShellTask, signal: AbortSignal): Promise<Ending> => {
    const prepared = await prepare(options, task).catch(asFailure(`${label(task)} failed before execution`));
    if ('kind' in prepared) return prepared;
    signal.throwIfAborted();
    const exit = await enter(box, task, prepared, signal);
    if (exit === null) return failed('NODE_TIMED_OUT', `${label(task)} timed out after ${task.timeoutMs}ms`);
    return 'kind' in exit ? exit : conclude(task, prepared.files, exit);
  };

  return {
    async run(task, signal) {
      signal.throwIfAborted();
      const startedAt = performance.now();
      const ending = await attempt(task, signal);
      return { ...ending, durationMs: Math.round(performance.now() - startedAt) };
    },
  };
}

/** Turns our own errors into data; others pass. */
function asFailure(what: string): (error: unknown) => Ending {
  return (error) => {
    if (error instanceof RunError) return failed(error.code, `${what}: ${error.message}`);
    throw error;
  };
}

async function prepare(options: ShellOptions, task: ShellTask): Promise<Prepared> {
  const { texts, workerEnvironment, bashPath } = options;
  const bash = findBash(bashPath, workerEnvironment['PATH'] ?? '');
  const environment = task.hasClientEnvironment
    ? await clientEnvironment(options.environment, task.runId)
    : workerEnvironment;
  const template = task.script.kind === 'inline' ? task.script.text : await texts.get(task.script.sha256);
  const script = substitute(template, 'bash', await loadScope(task.scope, template));
  const files = makeAttemptFiles(task.artifactsDir, task.attemptId, script);
  return { bash, files, environment: { ...environment, ...task.environment } };
}

async function clientEnvironment(store: ShellOptions['environment'], runId: string): Promise<Environment> {
  const environment = await store.load(runId);
  if (environment !== null) return environment;
  throw new RunError(
    'ENVIRONMENT_UNREADABLE',
    `the environment that its client left for run ${runId} is gone from this host; resume the run from a terminal, which leaves it anew`,
  );
}

function enter(
  box: Box,
  task: ShellTask,
  { bash, files, environment }: Prepared,
  signal: AbortSignal,
): Promise<BoxExit | Ending | null> {
  const { runId, attemptId, workingPath } = task;
  const argv = [bash, files.script] as const;
  const command = { runId, attemptId, argv, workingPath, environment };
  const running = supervise(
    box,
    { ...command, stdoutPath: files.stdout, stderrPath: files.stderr },
    task,
    signal,
  );
  return running.catch((error: unknown) => {
    if (signal.aborted) throw error;
    return asFailure(label(task))(error);
  });
}

async function conclude(task: ShellTask, files: AttemptFiles, exit: BoxExit): Promise<Ending> {
  try {
    const stderr = collectStderr(files);
    if (exit.exitCode === 0) {
      return { kind: 'completed', output: await collectOutput(files, task.fieldsRead), stderr };
    }
    const status = exit.exitCode === null ? `signal ${exit.signal}` : `exit ${exit.exitCode}`;
    const diagnostic = stderr === '' ? 'no diagnostic output' : stderr;
    return failed('NODE_FAILED', `${label(task)} failed [${status}]: ${diagnostic}`);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return failed('NODE_FAILED', `${label(task)} ended, but its output cannot be kept: ${error.message}`);
  }
}
