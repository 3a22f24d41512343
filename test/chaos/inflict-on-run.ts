import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { RunId } from '../../src/core/ids.js';
import { patiently } from './patiently.js';
import type { Happened } from './inflict.js';
import type { RunFaultKind } from './plan.js';
import type { Witnessed } from './witnesses.js';

/** How long a path without a run is waited for to get one. */
const PATIENCE_MS = 3000;

/** Breaks the run that holds a path. @returns null when there is none that can be broken so */
export async function inflictOnRun(
  scene: Witnessed,
  kind: RunFaultKind,
  path: string,
): Promise<Happened | null> {
  try {
    const target = await patiently(() => targetOn(scene, path), PATIENCE_MS);
    return await RUN_FAULT[kind](scene, target);
  } catch (error) {
    // It has ended meanwhile, or cannot be reset any more: Temporal's own refusals.
    scene.tell(`${kind} did not work out: ${String(error)}`);
    return null;
  }
}

type Execution = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'memo' | 'startTime'>;

interface Target {
  readonly path: string;
  readonly open: Execution;
  /** As the list has it, which lags; newest first. */
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
    const calledWall = Date.now();
    await scene.client.workflowService.deleteWorkflowExecution({
      namespace: scene.client.options.namespace,
      workflowExecution: { workflowId: open.workflowId, runId: open.runId },
    });
    const deleted = {
      path,
      run: runOf(open),
      fromWall: open.startTime.getTime(),
      calledWall,
      answeredWall: Date.now(),
    };
    appendFileSync(join(scene.directory, 'log', 'deleted.jsonl'), `${JSON.stringify(deleted)}\n`);
    return [{ run: runOf(open), path }];
  },
};

async function targetOn({ client }: Witnessed, path: string): Promise<Target> {
  const found: WorkflowExecutionInfo[] = [];
  for await (const one of client.workflow.list({ query: `WorkflowType = 'run'` })) {
    if (one.memo?.['workingPath'] === path) found.push(one);
  }
  const newest = found.sort((a, b) => b.startTime.getTime() - a.startTime.getTime())[0];
  if (newest === undefined) throw new Error(`no run has been on ${path}`);
  const open = await client.workflow.getHandle(newest.workflowId).describe();
  if (open.status.name !== 'RUNNING') throw new Error(`no run is on ${path}`);
  return { path, open, closed: found.filter(({ runId }) => runId !== open.runId) };
}

const runOf = ({ memo }: Execution): string => String(memo?.['runId']);

/** Back to the end of its first workflow task. */
async function reset({ client }: Witnessed, { workflowId, runId }: Execution): Promise<void> {
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
