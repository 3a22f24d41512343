import type { RunDescription } from '../../contract/messages.js';
import type { Orchestrator } from '../../client/orchestrator.js';
import type { PathQueue } from '../../client/queue-reader.js';
import { RunError } from '../../core/errors.js';
import { shortRunId } from '../../core/ids.js';
import type { RunRecord } from '../../ports/run-table.js';
import type { Command } from '../context.js';
import { queuedRows, queuedRunsJson } from '../render/queued-runs.js';
import { recordJson } from '../render/run-record.js';
import { workflowOf } from './runs.js';
import { troublesOf } from '../render/troubles.js';
import { elapsedSince, oneLine, table } from '../render/text.js';

const ACTIVE_STATUSES = ['pending', 'running', 'paused'];
const SHOWN = 50;
/** How many runs are asked themselves at once. */
const ASKED_AT_ONCE = 10;

/** Every run that is not over, of all paths; those that wait for theirs last. */
export const status: Command = async ({ services, clock }) => {
  const orchestrator = await services.orchestrator();
  const { runs, total } = await orchestrator.list({
    workingPath: null,
    statuses: ACTIVE_STATUSES,
    limit: SHOWN,
  });
  const [live, queues] = await Promise.all([describeAll(orchestrator, runs), queuesOf(orchestrator)]);
  const waiting = withoutStarted(queues ?? [], runs);
  const queued = queuedRunsJson(waiting);
  const now = clock.now();
  const rows = runs.map((record, index) => [
    shortRunId(record.runId),
    live[index]?.status ?? record.status,
    workflowOf(record),
    elapsedSince(record.startedAt, now),
    [whereabouts(live[index] ?? null), ...troublesOf(record).map((text) => oneLine(text, 200))].join(' ! '),
    oneLine(record.workingPath ?? '', 1000),
  ]);
  rows.push(...queuedRows(waiting, now).map((row) => [...row]));
  const more =
    total > runs.length ? `\n${total - runs.length} more: signalbox runs --all --limit ${total}` : '';
  const silent = queues === null ? '\nwho waits in queues cannot be asked now; see signalbox ps' : '';
  return {
    exitCode: 0,
    json: {
      runs: [
        ...runs.map((record, index) => ({ ...recordJson(record), live: liveJson(live[index] ?? null) })),
        ...queued,
      ],
      total: total + queued.length,
      queued: queues === null ? null : queued.length,
    },
    text:
      (rows.length === 0
        ? 'no active runs'
        : table([['RUN', 'STATUS', 'WORKFLOW', 'SINCE', 'AT', 'PATH'], ...rows]) + more) + silent,
  };
};

/** Null: they do not answer. */
async function queuesOf(orchestrator: Orchestrator): Promise<readonly PathQueue[] | null> {
  try {
    return await orchestrator.queues(null);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return null;
  }
}

/** A run that has just been started may still stand in its queue. */
function withoutStarted(queues: readonly PathQueue[], runs: readonly RunRecord[]): readonly PathQueue[] {
  const started = new Set<string>(runs.map(({ runId }) => runId));
  return queues.map((queue) => ({ ...queue, runs: queue.runs.filter(({ runId }) => !started.has(runId)) }));
}

async function describeAll(
  orchestrator: Orchestrator,
  runs: readonly RunRecord[],
): Promise<readonly (RunDescription | null)[]> {
  const answers: (RunDescription | null)[] = [];
  for (let next = 0; next < runs.length; next += ASKED_AT_ONCE) {
    const batch = runs.slice(next, next + ASKED_AT_ONCE).map(async (record) => {
      if (record.temporalWorkflowId === null) return null;
      return orchestrator.describe(record.runId).catch(() => null);
    });
    answers.push(...(await Promise.all(batch)));
  }
  return answers;
}

/** What the run itself says it is at; empty when it does not answer. */
function whereabouts(live: RunDescription | null): string {
  const active = (live?.nodes ?? []).filter((node) =>
    ['running', 'retrying', 'waiting', 'delegating'].includes(node.status),
  );
  return active.map(nodeAt).join(', ') || '-';
}

function nodeAt({ nodeId, kind, children }: RunDescription['nodes'][number]): string {
  const done = children === undefined ? '' : `, ${children.ended} of ${children.total ?? '?'} done`;
  return `${oneLine(nodeId, 60)} (${kind}${done})`;
}

function liveJson(live: RunDescription | null): {
  readonly status: string;
  readonly nodes: readonly { readonly nodeId: string; readonly kind: string; readonly status: string }[];
} | null {
  if (live === null) return null;
  const nodes = live.nodes.map(({ nodeId, kind, status: nodeStatus }) => ({
    nodeId,
    kind,
    status: nodeStatus,
  }));
  return { status: live.status, nodes };
}
