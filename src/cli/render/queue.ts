import type { WaitState } from '../../client/wait-in-queue.js';
import type { Holder } from '../../client/orchestrator.js';
import type { PathQueue, QueuedRun } from '../../client/queue-reader.js';
import { shortRunId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { holderJson } from './refusal.js';
import { elapsedSince, oneLine, table, utc } from './text.js';

/** `run 7c1f2a9e fix-issue (me@laptop)`, or what is known instead. */
export function holderPhrase(holder: Holder): string {
  if (holder.runId === null)
    return `an execution that signalbox did not start (${oneLine(holder.temporalWorkflowId)})`;
  const by = holder.startedBy === null ? '' : ` (${oneLine(holder.startedBy)})`;
  return `run ${shortRunId(holder.runId)} ${oneLine(holder.workflow ?? 'unknown')}${by}`;
}

/** What a waiting person reads whenever it has changed. */
export function waitLine({ place, queueLength, holder }: WaitState): string {
  const where = place === null ? 'no place yet' : `place ${place} of ${queueLength ?? place}`;
  return `waiting: ${where}${holder === null ? '' : `; the path is held by ${holderPhrase(holder)}`}`;
}

export function renderQueue({ workingPath, holder, runs }: PathQueue, now: Date): string {
  const head = `${oneLine(workingPath, 4096)}  ${runs.length} waiting`;
  const by = holder === null ? 'nobody holds it now' : `held by ${holderPhrase(holder)}`;
  if (runs.length === 0) return `${head}\n  ${by}`;
  const rows = runs.map((run) => [
    `  ${run.place ?? '?'}`,
    shortRunId(run.runId),
    oneLine(run.workflow),
    elapsedSince(run.enteredAt, now),
    oneLine(run.startedBy),
  ]);
  return `${head}\n  ${by}\n${table([['  #', 'RUN', 'WORKFLOW', 'WAITS', 'BY'], ...rows])}`;
}

/** A run that waits, as a block of lines. */
export function renderQueued(run: QueuedRun, now: Date): string {
  const place =
    run.place === null ? 'its queue does not answer' : `${run.place} of ${run.queueLength ?? run.place}`;
  const lines = [
    ['run', run.runId],
    ['workflow', oneLine(run.workflow)],
    ['status', 'queued'],
    ['place', place],
    ['path', oneLine(run.workingPath, 4096)],
    [
      'waits',
      `since ${utc(run.enteredAt)} (${elapsedSince(run.enteredAt, now)}) by ${oneLine(run.startedBy)}`,
    ],
    ['temporal', run.temporalWorkflowId],
    ['leave', `signalbox queue leave ${shortRunId(run.runId)}`],
  ] as const;
  return lines.map(([label, text]) => `${label.padEnd(10)} ${text}`).join('\n');
}

/** A run that waits, in `--json`: the fields of every answer about a run first. */
export function queuedJson(run: QueuedRun): JsonObject {
  return {
    runId: run.runId,
    workflow: run.workflow,
    status: 'queued',
    workingPath: run.workingPath,
    temporalWorkflowId: run.temporalWorkflowId,
    output: null,
    place: run.place,
    queueLength: run.queueLength,
    enteredAt: run.enteredAt,
    startedBy: run.startedBy,
  };
}

export function queueJson({ workingPath, holder, runs }: PathQueue): JsonObject {
  return {
    workingPath,
    holder: holder === null ? null : holderJson(holder),
    runs: runs.map(queuedJson),
  };
}
