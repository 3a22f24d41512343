import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../src/contract/activities.js';
import type { AgentNode, Text } from '../src/core/definition/definition.js';
import { RunError } from '../src/core/errors.js';
import { previousText, turnWords } from '../src/core/run/loop-words.js';
import { isBlank } from '../src/core/run/outcome.js';
import { titleAt } from '../src/core/run/place.js';
import { sessionFor } from '../src/core/run/session.js';
import type { TurnResult, TurnTask } from '../src/core/run/turn-task.js';
import { nodeAttempt } from './activity-options.js';
import { workTask, type WorkAt, type WorkOf } from './node-task.js';
import { ownerOfBox } from './root-of-subrun.js';

/** Asks the host for one turn of an agent, which has to give an answer. */
export async function runTurn(
  node: AgentNode,
  attempt: number,
  at: WorkAt,
  work: WorkOf,
): Promise<TurnResult> {
  const task = turnTask(node, promptOf(node), { attempt, at, work });
  const { request } = work.admission;
  const summary = `agent: ${titleAt(at.place, node.id)}`;
  const options = nodeAttempt({ ...request, activityId: task.attemptId, summary });
  const host = proxyActivities<Activities>(options);
  const result = await host.runTurn({ ...ownerOfBox(work.admission), task });
  if (result.kind === 'failed' || !isBlank(result.output)) return result;
  const failure = { code: 'NODE_FAILED', message: `Agent node '${task.nodeId}' gave no answer` } as const;
  return { kind: 'failed', failure, durationMs: result.durationMs };
}

/** @throws RunError `SOURCE_UNREADABLE` its command was not found when the run began */
function promptOf({ prompt }: AgentNode): Text {
  if (prompt.text !== null) return prompt.text;
  const name = prompt.kind === 'command' ? `${prompt.name}.md` : 'it has no text';
  throw new RunError(
    'SOURCE_UNREADABLE',
    `Command prompt not found: ${name}; signalbox validate tells where it is looked for`,
  );
}

interface Asked {
  readonly attempt: number;
  readonly at: WorkAt;
  readonly work: WorkOf;
}

function turnTask(node: AgentNode, prompt: Text, { attempt, at, work }: Asked): TurnTask {
  const { settings, idleTimeoutMs } = node;
  const task = workTask(node, attempt, at, work);
  const previous = at.level.within?.group.kind === 'loop' ? previousText(at.level) : null;
  return {
    ...task,
    environment: { ...task.environment, ...turnWords(at.level) },
    ...{ prompt, settings, idleTimeoutMs, session: sessionFor(at.level, node, attempt) },
    iteration: iterationOf(at),
    ...(previous?.kind === 'file' ? { previousOutput: previous } : {}),
  };
}

/** What mends a reject is in no loop but those around its gate. */
function iterationOf({ level: { within }, place }: WorkAt): number | null {
  const around = within?.group.kind === 'approval' ? place.slice(0, -1) : place;
  return around.at(-1)?.iteration ?? null;
}
