import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { RunId } from '../../src/core/ids.js';
import type { Happened } from './inflict.js';
import type { RunFaultKind } from './plan.js';
import type { Witnessed } from './witnesses.js';

/** Breaks the run that holds a path at this moment. @returns null when there is none that can be broken so */
export async function inflictOnRun(
  scene: Witnessed,
  kind: RunFaultKind,
  path: string,
): Promise<Happened | null> {
  try {
    const executions = await executionsOn(scene, path);
    const open = executions.find(({ status }) => status.name === 'RUNNING');
    if (open === undefined) return null;
    return await RUN_FAULT[kind](scene, { path, open, closed: executions.filter((one) => one !== open) });
  } catch (error) {
    // It has ended meanwhile, or cannot be reset any more: Temporal's own refusals.
    scene.tell(`${kind} did not work out: ${String(error)}`);
    return null;
  }
}

interface Target {
  readonly path: string;
  readonly open: WorkflowExecutionInfo;
  /** Newest first. */
  readonly closed: readonly WorkflowExecutionInfo[];
}

const RUN_FAULT: Readonly<
  Record<RunFaultKind, (scene: Witnessed, target: Target) => Promise<Happened | null>>
> = {
  cancelRun: async (scene, { path, open }) => {
    await scene.orchestrator.cancel(runOf(open) as RunId, { by: 'chaos', reason: 'cancelRun' });
    return [{ run: runOf(open), path }];
  },
  'Temporal cancel': async (scene, { path, open }) => {
    await scene.client.workflow.getHandle(open.workflowId, open.runId).cancel();
    return [{ run: runOf(open), path }];
  },
  terminate: async (scene, { path, open }) => {
    await scene.client.workflow.getHandle(open.workflowId, open.runId).terminate('chaos');
    return [{ run: runOf(open), path }];
  },
  'reset of the open run': async (scene, { path, open }) => {
    await reset(scene, open);
    return [{ run: runOf(open), path }];
  },
  'reset of an old run': async (scene, { path, open, closed }) => {
    const old = closed.find((one) => runOf(one) !== runOf(open));
    if (old === undefined) return null;
    appendFileSync(join(scene.directory, 'log', 'revived.jsonl'), `${JSON.stringify(runOf(old))}\n`);
    await reset(scene, old);
    return [
      { run: runOf(open), path },
      { run: runOf(old), path },
    ];
  },
  deletion: async (scene, { path, open }) => {
    await scene.client.workflowService.deleteWorkflowExecution({
      namespace: scene.client.options.namespace,
      workflowExecution: { workflowId: open.workflowId, runId: open.runId },
    });
    const deleted = { path, run: runOf(open), fromWall: open.startTime.getTime(), toWall: Date.now() };
    appendFileSync(join(scene.directory, 'log', 'deleted.jsonl'), `${JSON.stringify(deleted)}\n`);
    return [{ run: runOf(open), path }];
  },
};

/** Executions of runs on a path, newest first; lists lag, which is good enough to aim. */
async function executionsOn({ client }: Witnessed, path: string): Promise<WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  for await (const one of client.workflow.list({ query: `WorkflowType = 'run'` })) {
    if (one.memo?.['workingPath'] === path) found.push(one);
  }
  return found.sort((a, b) => b.startTime.getTime() - a.startTime.getTime());
}

const runOf = ({ memo }: WorkflowExecutionInfo): string => String(memo?.['runId']);

/** Back to the end of its first workflow task. */
async function reset({ client }: Witnessed, { workflowId, runId }: WorkflowExecutionInfo): Promise<void> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes);
  if (!first?.eventId) throw new Error('no workflow task of it has completed');
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: first.eventId,
    requestId: crypto.randomUUID(),
    reason: 'chaos',
  });
}
