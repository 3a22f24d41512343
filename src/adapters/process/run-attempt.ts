import { RunError, type ErrorCode } from '../../core/errors.js';
import { bindingReferences } from '../../core/expression/bindings.js';
import type { Reference } from '../../core/expression/reference.js';
import type { AttemptResult, AttemptTask, Scope } from '../../core/run/task.js';
import { placeInBox } from '../../core/subrun/box-place.js';
import type { Box, BoxExit } from '../../ports/box.js';
import { makeAttemptFiles, type AttemptFiles } from './attempt-files.js';
import { collectOutput, collectStderr } from './collect-output.js';
import { loadScope } from './load-scope.js';
import {
  boundVariables,
  runEnvironment,
  type Environment,
  type EnvironmentSources,
} from './node-environment.js';
import { readShape, type OutputShape } from '../../core/definition/output-shape.js';
import { supervise } from './supervise.js';

export interface AttemptOptions extends EnvironmentSources {
  readonly box: Box;
}

/** What an attempt runs. */
export interface Command {
  /** Text of the program, which is kept with the attempt; null: it lies elsewhere. */
  readonly program: string | null;
  /** @param file the one that the text was written to */
  argv(file: string): readonly [string, ...string[]];
  /** Laid over the run's own environment, below what the language says. */
  readonly variables?: Environment;
}

/** The program of a node before its values are known. */
export interface Template {
  readonly references: readonly Reference[];
  /** @param scope with every text in memory that `references` name */
  toCommand(scope: Scope): Command;
}

/** A kind of node that runs a program. */
export interface Programs<Task> {
  /** What people call such a node, before its id. */
  readonly noun: string;
  /** @throws RunError why there is nothing to run */
  read(task: Task, environment: Environment): Promise<Template>;
}

/** An attempt that is ready to start. */
interface Prepared {
  readonly argv: readonly [string, ...string[]];
  readonly files: AttemptFiles;
  readonly environment: Environment;
  /** Null: none is declared. */
  readonly shape: OutputShape | null;
}

type Ending =
  | Omit<AttemptResult & { kind: 'completed' }, 'durationMs'>
  | Omit<AttemptResult & { kind: 'failed' }, 'durationMs'>;

function failed(code: ErrorCode, message: string): Ending {
  return { kind: 'failed', failure: { code, message } };
}

/** Turns our own errors into data; others pass. */
function asFailure(what: string): (error: unknown) => Ending {
  return (error) => {
    if (error instanceof RunError) return failed(error.code, `${what}: ${error.message}`);
    throw error;
  };
}

/**
 * Runs attempts of one kind of node in the runs' boxes; each has its files under `<artifacts>/.signalbox/attempts`.
 * @returns completed or failed, as data
 */
export function makeAttempts<Task extends AttemptTask>(
  options: AttemptOptions,
  programs: Programs<Task>,
): (task: Task, signal: AbortSignal) => Promise<AttemptResult> {
  const attempt = async (task: Task, signal: AbortSignal): Promise<Ending> => {
    const label = `${programs.noun} '${task.nodeId}'`;
    const prepared = await prepare(options, programs, task).catch(
      asFailure(`${label} failed before execution`),
    );
    if ('kind' in prepared) return prepared;
    signal.throwIfAborted();
    const running = enter(options.box, task, prepared, signal);
    const exit = await running.catch((error: unknown) => {
      if (signal.aborted) throw error;
      return asFailure(label)(error);
    });
    if (exit === null) return failed('NODE_TIMED_OUT', `${label} timed out after ${task.timeoutMs}ms`);
    return 'kind' in exit ? exit : conclude(label, task, prepared, exit);
  };

  return async (task, signal) => {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const ending = await attempt(task, signal);
    return { ...ending, durationMs: Math.round(performance.now() - startedAt) };
  };
}

async function prepare<Task extends AttemptTask>(
  options: AttemptOptions,
  programs: Programs<Task>,
  task: Task,
): Promise<Prepared> {
  const shape = task.outputFormat === undefined ? null : readShape(task.outputFormat);
  const environment = await runEnvironment(options, task);
  const template = await programs.read(task, environment);
  const references = [...template.references, ...bindingReferences(task.bindings ?? {})];
  const scope = await loadScope(task.scope, references);
  const command = template.toCommand(scope);
  const bound = boundVariables(task, scope);
  const files = makeAttemptFiles(task.artifactsDir, task.attemptId, command.program);
  return {
    argv: command.argv(files.script),
    ...{ files, shape },
    environment: { ...environment, ...command.variables, ...task.environment, ...bound },
  };
}

/** @returns how it ended; null: its time was over */
function enter(
  box: Box,
  task: AttemptTask,
  { argv, files, environment }: Prepared,
  signal: AbortSignal,
): Promise<BoxExit | null> {
  const { workingPath } = task;
  const outputs = { stdoutPath: files.stdout, stderrPath: files.stderr };
  return supervise(box, { ...placeInBox(task), argv, workingPath, environment, ...outputs }, task, signal);
}

async function conclude(
  label: string,
  { fieldsRead }: AttemptTask,
  { files, shape }: Prepared,
  exit: BoxExit,
): Promise<Ending> {
  try {
    const stderr = collectStderr(files);
    if (exit.exitCode === 0) {
      return { kind: 'completed', output: await collectOutput(files, fieldsRead, shape), stderr };
    }
    const status = exit.exitCode === null ? `signal ${exit.signal}` : `exit ${exit.exitCode}`;
    const diagnostic = stderr === '' ? 'no diagnostic output' : stderr;
    return failed('NODE_FAILED', `${label} failed [${status}]: ${diagnostic}`);
  } catch (error) {
    if (error instanceof RunError) return failed(error.code, `${label} ${error.message}`);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return failed('NODE_FAILED', `${label} ended, but its output cannot be kept: ${error.message}`);
  }
}
