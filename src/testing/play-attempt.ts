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
  WorkTask,
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

/** What is played, and how a test is told of it. */
export interface Part {
  readonly task: Pick<WorkTask, 'runId' | 'nodeId' | 'attemptId' | 'fieldsRead' | 'artifact'>;
  /** `Bash node 'build'`, as failures begin. */
  readonly label: string;
  /** When a stub that goes on until it is stopped ends by itself, and as what. */
  readonly limit: { readonly ms: number; readonly said: string };
}

/** An attempt whose stub may be asked. */
export interface Prepared {
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
  const label = `${'script' in task ? 'Bash' : 'Script'} node '${task.nodeId}'`;
  const { timeoutMs } = task;
  const limit = { ms: timeoutMs, said: `timed out after ${timeoutMs}ms` };
  return playPart({ task, label, limit }, scene, () => prepare(task, scene, signal));
}

/** @param prepare what throws a `RunError` where a worker would find that the node fails before it begins */
export async function playPart(part: Part, scene: Scene, prepare: () => Prepared): Promise<AttemptResult> {
  const prepared = preparedOr(part.label, prepare);
  if ('code' in prepared) return { kind: 'failed', failure: prepared, durationMs: 0 };
  const { nodeId } = part.task;
  const stub = scene.book.stubOf(nodeId);
  if (stub === undefined) return missing(scene.book, nodeId);
  return scene.book.during(prepared.call, () => play(stub, { part, ...prepared, ...scene }));
}

function preparedOr(label: string, prepare: () => Prepared): Prepared | NodeFailure {
  try {
    return prepare();
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return { code: error.code, message: `${label} failed before execution: ${error.message}` };
  }
}

/** What the stub of a program is told. */
function prepare(task: PlayedTask, scene: Scene, signal: AbortSignal): Prepared {
  const scope = scene.texts.loaded(task.scope);
  const call = callOf(task, scene, { scope, signal });
  const script = scriptOf(task, scope, scene.texts);
  const { LOOP_USER_INPUT: userInput = '' } = task.environment;
  const noAgent = { prompt: null, settings: {}, session: null, previousOutput: '', rejectionReason: '' };
  return {
    call: { ...call, ...noAgent, iteration: iterationOf(task.attemptId), script, userInput },
    shape: shapeOf(task),
  };
}

/** What every stub is told. */
export function callOf(
  task: WorkTask,
  { book }: Scene,
  { scope, signal }: { readonly scope: Scope; readonly signal: AbortSignal },
): Pick<NodeCall, 'nodeId' | 'attempt' | 'environment' | 'signal'> {
  const { nodeId, attempt } = task;
  const environment = { ...book.cast.environment, ...task.environment, ...boundVariables(task, scope) };
  return { nodeId, attempt, environment, signal };
}

export function shapeOf({ outputFormat }: Pick<WorkTask, 'outputFormat'>): OutputShape | null {
  return outputFormat === undefined ? null : readShape(outputFormat);
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
  readonly part: Part;
}

async function play(stub: Stub, { part, call, shape, book, texts }: Play): Promise<AttemptResult> {
  const { task, label, limit } = part;
  const startedAt = performance.now();
  if (stub === untilStopped) {
    const { nodeId, attemptId } = task;
    await book.hold({ nodeId, attemptId, timeoutMs: limit.ms }, call.signal);
    const message = `${label} ${limit.said}`;
    return { kind: 'failed', failure: { code: 'NODE_TIMED_OUT', message }, durationMs: limit.ms };
  }
  const played = await unlessStopped(playStub(stub, call), call.signal).catch((error: unknown) => {
    if (error instanceof RunError) book.blame(error);
    throw error;
  });
  const durationMs = Math.round(performance.now() - startedAt);
  const failed = (failure: NodeFailure): AttemptResult => ({ kind: 'failed', failure, durationMs });
  if (played.kind === 'failed') {
    return failed({ code: 'NODE_FAILED', message: failureMessage(label, played) });
  }
  try {
    const output = texts.toOutput(played.text, task.fieldsRead, shape);
    const kept = task.artifact && { artifact: artifactOf(task.runId, task.artifact, output.text) };
    return { kind: 'completed', output, stderr: '', durationMs, ...kept };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return failed({ code: error.code, message: `${label} ${error.message}` });
  }
}

/** Of an output that is to be an artifact: what would have been kept. */
export function artifactOf(runId: RunId, order: ArtifactOrder, text: TextValue): Artifact {
  const path = `nodes/${artifactName(order)}.md`;
  const size = text.kind === 'inline' ? Buffer.byteLength(text.text) : text.bytes;
  return { ...order, runId, path, size, producedAt: new Date().toISOString() };
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
