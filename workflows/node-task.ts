import { attemptId } from '../src/contract/workflow-id.js';
import type { AgentNode } from '../src/core/definition/definition.js';
import { bindingReferences } from '../src/core/expression/bindings.js';
import type { Level } from '../src/core/run/level.js';
import { loopWords } from '../src/core/run/loop-words.js';
import { nameAt, type Place } from '../src/core/run/place.js';
import { scopeFor, type Reader } from '../src/core/run/scope-for.js';
import type { AttemptTask, WorkTask } from '../src/core/run/task.js';
import type { Admission } from './admit.js';
import { sharedWords, type WorkNode } from './node-work.js';
import { rootOfSubrun } from './root-of-subrun.js';
import { nodeEnvironment, type RunVariables } from './run-variables.js';

/** For which run work is done. */
export interface WorkOf {
  readonly admission: Admission;
  readonly variables: RunVariables;
}

/** Where in the run. */
export interface WorkAt {
  readonly level: Level;
  readonly place: Place;
}

/** What the host needs for one attempt of a node that runs a program, that apart. */
export function nodeTask(node: WorkNode, attempt: number, at: WorkAt, work: WorkOf): AttemptTask {
  return { ...workTask(node, attempt, at, work), timeoutMs: node.timeoutMs };
}

/** What the host needs for one attempt of any node. */
export function workTask(node: WorkNode | AgentNode, attempt: number, at: WorkAt, work: WorkOf): WorkTask {
  const references = [...node.references, ...bindingReferences(node.bindings ?? {})];
  const path = at.place.map(({ nodeId, iteration }) => ({ groupId: nodeId, iteration }));
  return {
    nodeId: nameAt(at.place, node.id),
    attempt,
    attemptId: attemptId(node.id, attempt, at.place),
    ...ordinaryTask(at.level, { layer: node.layer, references }, work),
    ...sharedWords(node, path.length === 0 ? undefined : path),
  };
}

/** What every task has that is done somewhere in a run. */
export function ordinaryTask(
  level: Level,
  reader: Reader,
  { admission, variables }: WorkOf,
): Pick<
  WorkTask,
  | 'runId'
  | 'rootRunId'
  | 'ownToken'
  | 'workingPath'
  | 'artifactsDir'
  | 'scope'
  | 'environment'
  | 'hasClientEnvironment'
  | 'graceMs'
> {
  const { request } = admission;
  const { runId, workingPath, hasClientEnvironment, graceMs } = request;
  return {
    ...{ runId, workingPath, hasClientEnvironment, graceMs, ...rootOfSubrun(admission) },
    artifactsDir: variables.artifactsDir,
    scope: scopeFor(level, reader, variables.values),
    environment: { ...nodeEnvironment(request, variables), ...loopWords(level) },
  };
}
