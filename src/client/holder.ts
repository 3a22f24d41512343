import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { RunMemo } from '../contract/memo.js';
import { SEARCH_ATTRIBUTES } from '../contract/memo.js';
import type { WaitingGate } from '../contract/messages.js';
import { nodeOfActivityId } from '../contract/workflow-id.js';
import type { NodeKind } from '../core/definition/definition.js';
import { askRun } from './ask-run.js';
import type { Holder } from './orchestrator.js';

const HOST_SILENT_MS = 15_000;

/** The kind of node that an activity is an attempt of. */
const KIND_OF: Readonly<Record<string, NodeKind>> = {
  runShell: 'bash',
  runScript: 'script',
  runTurn: 'agent',
};

export type HolderFacts = Pick<
  WorkflowExecutionDescription,
  'memo' | 'startTime' | 'workflowId' | 'searchAttributes' | 'raw'
>;

/**
 * What a refused caller is told of the run that holds the path. `describe` alone tells most of it, without
 * a worker; only a run that waits for people is asked itself what it waits for.
 */
export async function readHolder(client: Client, workingPath: string, facts: HolderFacts): Promise<Holder> {
  const memo = memoOf(facts);
  const isPaused = firstKeyword(facts) === 'paused';
  const waiting = isPaused ? ((await askRun(client, facts.workflowId))?.waiting ?? []) : [];
  return {
    ...claimsOf(memo),
    ...workOf(facts, waiting),
    status: isPaused ? 'paused' : memo.runId === undefined ? 'unknown' : 'running',
    since: facts.startTime.toISOString(),
    workingPath: memo.workingPath ?? workingPath,
    temporalWorkflowId: facts.workflowId,
    waiting,
    isHostAlive: isHeard(facts),
  };
}

function claimsOf({ runId, workflowName, startedBy }: Partial<RunMemo>) {
  return { runId: runId ?? null, workflow: workflowName ?? null, startedBy: startedBy ?? null };
}

/** The gate that waits, else the node that works. */
function workOf(facts: HolderFacts, [gate]: readonly WaitingGate[]): Pick<Holder, 'node' | 'nodeKind'> {
  if (gate !== undefined) return { node: gate.nodeId, nodeKind: 'approval' };
  const { node, kind } = activeNode(facts);
  return { node, nodeKind: kind };
}

function firstKeyword(facts: HolderFacts): string | null {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the typed form needs every key defined, for one word
  const values: unknown = facts.searchAttributes[SEARCH_ATTRIBUTES.status];
  return Array.isArray(values) && typeof values[0] === 'string' ? values[0] : null;
}

function activeNode(facts: HolderFacts): { node: string | null; kind: string | null } {
  for (const activity of facts.raw.pendingActivities ?? []) {
    const node = nodeOfActivityId(activity.activityId ?? '');
    if (node !== null) return { node, kind: KIND_OF[activity.activityType?.name ?? ''] ?? null };
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
  return facts.memo ?? {};
}
