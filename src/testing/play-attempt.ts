import { boundVariables } from '../adapters/process/node-environment.js';
import { readShape, type OutputShape } from '../core/definition/output-shape.js';
import { failureMessage } from '../core/dry-run/stub-value.js';
import { RunError } from '../core/errors.js';
import type { RunId } from '../core/ids.js';
import { substitute } from '../core/expression/substitute.js';
import { artifactName, type Artifact, type ArtifactOrder } from '../core/run/artifact.js';
import type {
  AttemptResult,
  NodeFailure,
  Scope,
  ScriptTask,
  ShellTask,
  TextValue,
} from '../core/run/task.js';
import type { LargeTexts } from './large-texts.js';
import type { RunBook } from './run-book.js';
import { playStub, untilStopped, type NodeCall, type Stub } from './stubs.js';

/** One attempt of a node that a stub can play. */
export type PlayedTask = ShellTask | ScriptTask;

/** The run that an attempt belongs to, and where its large texts are. */
export interface Scene {
  readonly book: RunBook;
  readonly texts: LargeTexts;
}

/** An attempt whose stub may be asked. */
interface Prepared {
  readonly call: NodeCall;
  /** Null: none is declared. */
  readonly shape: OutputShape | null;
}

/** One attempt of a node, done by its stub as a worker would have its processes do it. */
export async function playAttempt(
  task: PlayedTask,
  scene: Scene,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const prepared = prepare(task, scene, signal);
  if ('code' in prepared) return { kind: 'failed', failure: prepared, durationMs: 0 };
  const stub = scene.book.stubOf(task.nodeId);
  if (stub === undefined) return missing(scene.book, task.nodeId);
  return scene.book.during(prepared.call, () => play(stub, { task, ...prepared, ...scene }));
}

/** What the stub is told, or why the node fails before it is asked: as a worker finds out. */
function prepare(task: PlayedTask, { book, texts }: Scene, signal: AbortSignal): Prepared | NodeFailure {
  const { nodeId, attempt } = task;
  const iteration = iterationOf(task.attemptId);
  try {
    const scope = texts.loaded(task.scope);
    const shape = task.outputFormat === undefined ? null : readShape(task.outputFormat);
    const environment = { ...book.cast.environment, ...task.environment, ...boundVariables(task, scope) };
    const script = scriptOf(task, scope, texts);
    return { call: { nodeId, attempt, iteration, script, environment, signal }, shape };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return { code: error.code, message: `${labelOf(task)} failed before execution: ${error.message}` };
  }
}

function scriptOf(task: PlayedTask, scope: Scope, texts: LargeTexts): string {
  if ('script' in task) return substitute(texts.written(task.script), 'bash', scope);
  const { source } = task;
  return source.kind === 'named' ? source.name : substitute(texts.written(source.text), 'script', scope);
}

/** `rounds.3.fix.1` → 3. */
function iterationOf(attemptId: string): number | null {
  const iteration = attemptId.split('.').at(-3);
  return iteration === undefined ? null : Number(iteration);
}

interface Play extends Scene, Prepared {
  readonly task: PlayedTask;
}

async function play(stub: Stub, { task, call, shape, book, texts }: Play): Promise<AttemptResult> {
  const startedAt = performance.now();
  if (stub === untilStopped) {
    await book.hold(task, call.signal);
    const message = `${labelOf(task)} timed out after ${task.timeoutMs}ms`;
    return { kind: 'failed', failure: { code: 'NODE_TIMED_OUT', message }, durationMs: task.timeoutMs };
  }
  const played = await unlessStopped(playStub(stub, call), call.signal).catch((error: unknown) => {
    if (error instanceof RunError) book.blame(error);
    throw error;
  });
  const durationMs = Math.round(performance.now() - startedAt);
  const failed = (failure: NodeFailure): AttemptResult => ({ kind: 'failed', failure, durationMs });
  if (played.kind === 'failed') {
    return failed({ code: 'NODE_FAILED', message: failureMessage(labelOf(task), played) });
  }
  try {
    const output = texts.toOutput(played.text, task.fieldsRead, shape);
    const kept = task.artifact && { artifact: artifactOf(task.runId, task.artifact, output.text) };
    return { kind: 'completed', output, stderr: '', durationMs, ...kept };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return failed({ code: error.code, message: `${labelOf(task)} ${error.message}` });
  }
}

/** Of an output that is to be an artifact: what would have been kept. */
export function artifactOf(runId: RunId, order: ArtifactOrder, text: TextValue): Artifact {
  const path = `nodes/${artifactName(order)}.md`;
  const size = text.kind === 'inline' ? Buffer.byteLength(text.text) : text.bytes;
  return { ...order, runId, path, size, producedAt: new Date().toISOString() };
}

function labelOf(task: PlayedTask): string {
  return `${'script' in task ? 'Bash' : 'Script'} node '${task.nodeId}'`;
}

function missing(book: RunBook, nodeId: string): AttemptResult {
  const message = `node '${nodeId}' has no stub: give nodes: { '${nodeId}': … }, or otherwise: '' for all that are not named`;
  book.blame(new RunError('STUB_MISSING', message, { nodeId }));
  return { kind: 'failed', failure: { code: 'STUB_MISSING', message }, durationMs: 0 };
}

/** A stub that does not listen to its signal must not keep its run from ending. */
function unlessStopped<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}
