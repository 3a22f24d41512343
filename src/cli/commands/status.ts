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
import { liveJson, renderWhereabouts, type Whereabouts } from '../render/whereabouts.js';

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
    // Their node says how many of them are done.
    subRuns: 'no-items',
    limit: SHOWN,
  });
  const [described, queues] = await Promise.all([askAll(orchestrator, runs), queuesOf(orchestrator)]);
  const waiting = withoutStarted(queues ?? [], runs);
  const queued = queuedRunsJson(waiting);
  const now = clock.now();
  const rows = described.map(({ record, ...whereabouts }) => [
    shortRunId(record.runId),
    whereabouts.live?.status ?? record.status,
    workflowOf(record),
    elapsedSince(record.startedAt, now),
    [at(record, whereabouts), ...troublesOf(record).map((text) => oneLine(text, 200))].join(' ! '),
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
        ...described.map(({ record, ...whereabouts }) => ({
          ...recordJson(record),
          live: liveJson(whereabouts),
        })),
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

/** Archon's runs cannot be asked. */
const at = ({ temporalWorkflowId }: RunRecord, whereabouts: Whereabouts): string =>
  temporalWorkflowId === null ? '-' : renderWhereabouts(whereabouts);

interface Described extends Whereabouts {
  readonly record: RunRecord;
}

async function askAll(orchestrator: Orchestrator, runs: readonly RunRecord[]): Promise<readonly Described[]> {
  const answers: Described[] = [];
  for (let next = 0; next < runs.length; next += ASKED_AT_ONCE) {
    const batch = runs.slice(next, next + ASKED_AT_ONCE).map((record) => askOne(orchestrator, record));
    answers.push(...(await Promise.all(batch)));
  }
  return answers;
}

async function askOne(orchestrator: Orchestrator, record: RunRecord): Promise<Described> {
  if (record.temporalWorkflowId === null) return { record, live: null, withoutPermit: [] };
  const [live, withoutPermit] = await Promise.all([
    orchestrator.describe(record.runId).catch(() => null),
    record.status === 'running' ? orchestrator.waitingForPermit(record.runId).catch(() => []) : [],
  ]);
  return { record, live, withoutPermit };
}
