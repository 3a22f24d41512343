import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../src/contract/activities.js';
import type { AgentNode, BashNode, Node, ScriptNode } from '../src/core/definition/definition.js';
import type { ArtifactOrder } from '../src/core/run/artifact.js';
import type { AttemptResult, AttemptTask, WorkTask } from '../src/core/run/task.js';
import { nodeAttempt } from './activity-options.js';
import type { Admission } from './admit.js';
import { ownerOfBox } from './root-of-subrun.js';

/** A node that runs a program on the host. */
export type WorkNode = BashNode | ScriptNode;

export function isWork(node: Node): node is WorkNode {
  return node.kind === 'bash' || node.kind === 'script';
}

/** For whom the host works. */
type WorkPlace = Pick<Admission, 'request' | 'root'>;

/** Asks the host for one attempt. The task's id is the activity's. @param title as people read it in the history */
export function runOnHost(
  node: WorkNode,
  task: AttemptTask,
  admission: WorkPlace,
  title: string,
): Promise<AttemptResult> {
  const summary = `${node.kind}: ${title}`;
  const place = ownerOfBox(admission);
  const options = nodeAttempt({ ...admission.request, activityId: task.attemptId, summary });
  const { runShell, runScript } = proxyActivities<Activities>(options);
  if (node.kind === 'bash') return runShell({ ...place, task: { ...task, script: node.script } });
  const { source, runtime, deps } = node;
  return runScript({ ...place, task: { ...task, source, runtime, deps } });
}

/** What a task has of its node whatever that does. */
export function sharedWords(
  node: WorkNode | AgentNode,
  loopGroupPath?: ArtifactOrder['loopGroupPath'],
): Pick<WorkTask, 'fieldsRead' | 'bindings' | 'outputFormat' | 'artifact'> {
  const { id, fieldsRead, bindings, outputFormat, outputType } = node;
  return {
    fieldsRead,
    ...(bindings === undefined ? {} : { bindings }),
    ...(outputFormat === undefined ? {} : { outputFormat }),
    ...(outputType === undefined
      ? {}
      : { artifact: { nodeId: id, outputType, ...(loopGroupPath === undefined ? {} : { loopGroupPath }) } }),
  };
}
