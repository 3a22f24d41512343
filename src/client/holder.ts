import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { RunMemo } from '../contract/memo.js';
import { SEARCH_ATTRIBUTES } from '../contract/memo.js';
import { MESSAGES, type RunDescription } from '../contract/messages.js';
import { nodeOfActivityId } from '../contract/workflow-id.js';
import type { Holder } from './orchestrator.js';
import { withDeadline } from './temporal-calls.js';

const HOST_SILENT_MS = 15_000;
const QUERY_MS = 1_000;

export type HolderFacts = Pick<
  WorkflowExecutionDescription,
  'memo' | 'startTime' | 'workflowId' | 'searchAttributes' | 'raw'
>;

/**
 * What a refused caller is told of the run that holds the path. `describe` alone tells most of it, without
 * a worker; only a run that waits for people is asked itself what it waits for.
 */
export async function readHolder(client: Client, workingPath: string, facts: HolderFacts): Promise<Holder> {
  const memo = (facts.memo ?? {}) as Partial<RunMemo>;
  const isPaused = firstKeyword(facts) === 'paused';
  const description = isPaused ? await askRun(client, facts.workflowId) : null;
  const active = activeNode(facts);
  const waiting = description?.waiting ?? [];
  return {
    runId: memo.runId ?? null,
    workflow: memo.workflowName ?? null,
    status: isPaused ? 'paused' : memo.runId === undefined ? 'unknown' : 'running',
    node: waiting[0]?.nodeId ?? active.node,
    nodeKind: waiting.length > 0 ? 'approval' : active.kind,
    since: facts.startTime.toISOString(),
    startedBy: memo.startedBy ?? null,
    workingPath: memo.workingPath ?? workingPath,
    temporalWorkflowId: facts.workflowId,
    waiting,
    isHostAlive: isHeard(facts),
  };
}

function firstKeyword(facts: HolderFacts): string | null {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the typed form needs every key defined, for one word
  const values: unknown = facts.searchAttributes[SEARCH_ATTRIBUTES.status];
  return Array.isArray(values) && typeof values[0] === 'string' ? values[0] : null;
}

/** Asks the run itself; null when its worker does not answer in a second. */
async function askRun(client: Client, temporalWorkflowId: string): Promise<RunDescription | null> {
  try {
    return await withDeadline(client, QUERY_MS, () =>
      client.workflow.getHandle(temporalWorkflowId).query<RunDescription>(MESSAGES.describeQuery),
    );
  } catch {
    return null;
  }
}

function activeNode(facts: HolderFacts): { node: string | null; kind: string | null } {
  for (const activity of facts.raw.pendingActivities ?? []) {
    const node = nodeOfActivityId(activity.activityId ?? '');
    if (node !== null) return { node, kind: activity.activityType?.name === 'runShell' ? 'bash' : null };
  }
  return { node: null, kind: null };
}

/** A run whose task nobody has taken for this long belongs to a worker that is away. */
function isHeard(facts: HolderFacts): boolean {
  const task = facts.raw.pendingWorkflowTask;
  const scheduled = task?.scheduledTime?.seconds;
  const isWaiting =
    task !== null && task !== undefined && (task.startedTime === null || task.startedTime === undefined);
  if (!isWaiting || scheduled === null || scheduled === undefined) return true;
  return Date.now() - Number(scheduled) * 1000 < HOST_SILENT_MS;
}

export function memoOf(facts: Pick<WorkflowExecutionDescription, 'memo'>): Partial<RunMemo> {
  return (facts.memo ?? {}) as Partial<RunMemo>;
}
