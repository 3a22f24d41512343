import { proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../src/contract/activities.js';
import { checkId } from '../src/contract/workflow-id.js';
import { AGENT_RETRY } from '../src/core/definition/agent-defaults.js';
import type { Text } from '../src/core/definition/definition.js';
import { RunError } from '../src/core/errors.js';
import type { NodeId } from '../src/core/ids.js';
import { bodyAt, type BodyLevel } from '../src/core/run/level.js';
import { previousOutput } from '../src/core/run/loop-words.js';
import { resultOf } from '../src/core/run/outcome.js';
import { inside, nameAt } from '../src/core/run/place.js';
import { retryDelayMs } from '../src/core/run/retry.js';
import type { AttemptResult, NodeFailure, ShellTask } from '../src/core/run/task.js';
import { isLoop } from '../src/core/run/turns.js';
import { FIND_SIGNAL, nodeAttempt } from './activity-options.js';
import type { AttemptEnd } from './attempt-end.js';
import { attemptFailure } from './attempt-failure.js';
import { ordinaryTask, type WorkAt, type WorkOf } from './node-task.js';
import { ownerOfBox } from './root-of-subrun.js';

/** Hard limit of `until_bash`. */
const CHECK_TIMEOUT_MS = 120_000;

/** What the host said of a loop: whether it is done, or why that cannot be found out. */
type LoopCheck = { readonly isMet: boolean } | NodeFailure;

/** Asks the host what the workflow cannot know: the signal in a large output, and the exit status of `until_bash`. */
export async function checkLoop(at: WorkAt & { readonly nodeId: NodeId }, work: WorkOf): Promise<LoopCheck> {
  const body = bodyAt(at.level, at.level.state.plan.positionOf.get(at.nodeId) ?? -1);
  if (body === null) throw new RunError('INTERNAL', `loop '${at.nodeId}' is not at work`);
  const { group } = body.within;
  if (!isLoop(group)) throw new RunError('INTERNAL', `node '${at.nodeId}' is no loop`);
  const { until, untilBash } = group.rules;
  if (until !== null && (await isSignalled(body, until))) return { isMet: true };
  if (untilBash === null) return { isMet: false };
  const result = await askUntilAnswered(body, untilBash, at, work);
  if (result.kind === 'completed') return { isMet: true };
  return result.failure.code === 'NODE_FAILED' ? { isMet: false } : result.failure;
}

/** An output that the workflow has at hand has been looked at already. */
async function isSignalled({ state }: BodyLevel, signal: string): Promise<boolean> {
  const text = resultOf(state)?.text;
  if (text?.kind !== 'file') return false;
  const { isFound } = await proxyActivities<Activities>(FIND_SIGNAL).findSignal({ text, signal });
  return isFound;
}

/**
 * A loop has no `retry` of its own. Its question changes nothing, so when its worker is lost it is asked again, as
 * often as an agent node by default.
 */
async function askUntilAnswered(
  body: BodyLevel,
  script: Text,
  at: WorkAt,
  work: WorkOf,
): Promise<AttemptEnd> {
  const name = nameAt(at.place, body.within.group.id);
  for (let attempt = 1; ; attempt += 1) {
    const result = await runCheck(body, { script, attempt }, at, work).catch((error: unknown) => ({
      kind: 'failed' as const,
      failure: attemptFailure(name, error),
    }));
    if (result.kind === 'completed' || result.failure.code === 'NODE_FAILED') return result;
    const delayMs = retryDelayMs(AGENT_RETRY, attempt, result.failure);
    if (delayMs === null) return result;
    await sleep(delayMs, { summary: `until_bash again: ${name}` });
  }
}

function runCheck(
  body: BodyLevel,
  { script, attempt }: Pick<ShellTask, 'script' | 'attempt'>,
  at: WorkAt,
  work: WorkOf,
): Promise<AttemptResult> {
  const { group, loop } = body.within;
  const { request } = work.admission;
  const name = nameAt(at.place, group.id);
  const place = inside(at.place, { nodeId: group.id, iteration: loop.iteration });
  const iterations = place.map(({ iteration }) => iteration).join('.');
  const activityId = checkId(place, attempt);
  const task = ordinaryTask(body, { layer: Infinity, references: group.references }, work);
  const shellTask: ShellTask = {
    ...task,
    nodeId: name,
    attempt,
    attemptId: activityId,
    script,
    environment: { ...task.environment, LOOP_PREV_OUTPUT: previousOutput(body) },
    timeoutMs: CHECK_TIMEOUT_MS,
    fieldsRead: [],
  };
  const options = nodeAttempt({
    ...request,
    activityId,
    summary: `until_bash: ${name} (iteration ${iterations})`,
  });
  return proxyActivities<Activities>(options).runShell({ ...ownerOfBox(work.admission), task: shellTask });
}
