import type { TurnResult, TurnTask } from '../core/run/turn-task.js';
import { writeOutTurn } from '../core/run/turn-task.js';
import { callOf, playPart, shapeOf, type Prepared, type Scene } from './play-attempt.js';
import type { AgentSession } from './stubs.js';

/** One turn of an agent, done by its stub. Conversations are called after the attempts in which they began. */
export async function playTurn(task: TurnTask, scene: Scene, signal: AbortSignal): Promise<TurnResult> {
  const label = `Agent node '${task.nodeId}'`;
  const limit = { ms: task.idleTimeoutMs, said: `was silent for ${task.idleTimeoutMs}ms` };
  const result = await playPart({ task, label, limit }, scene, () => prepare(task, scene, signal));
  if (result.kind === 'failed') return result;
  const { stderr: _stderr, ...rest } = result;
  return { ...rest, session: sessionOf(task).id };
}

function prepare(task: TurnTask, scene: Scene, signal: AbortSignal): Prepared {
  const { texts } = scene;
  const scope = texts.loaded(task.scope);
  const { LOOP_USER_INPUT: userInput = '', REJECTION_REASON: rejectionReason = '' } = task.environment;
  const previousOutput =
    task.previousOutput === undefined
      ? (task.environment['LOOP_PREV_OUTPUT'] ?? '')
      : texts.textOf(task.previousOutput);
  const written = writeOutTurn(task, texts.written(task.prompt), { scope, previousOutput });
  const said = { script: written.prompt, ...written, userInput, previousOutput, rejectionReason };
  return {
    call: {
      ...callOf(task, scene, { scope, signal }),
      ...said,
      iteration: task.iteration,
      session: sessionOf(task),
    },
    shape: shapeOf(task),
  };
}

function sessionOf({ session, attemptId }: TurnTask): AgentSession {
  if (session.kind === 'fresh') return { id: attemptId, from: null };
  return { id: session.kind === 'continued' ? session.id : attemptId, from: session.id };
}
