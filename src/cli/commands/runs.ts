import { formatDuration } from '../../core/duration.js';
import { nearestName } from '../../core/nearest-name.js';
import { shortRunId } from '../../core/ids.js';
import type { RunRecord } from '../../ports/run-table.js';
import type { Command } from '../context.js';
import { usageError } from '../render/failure.js';
import { branchOf, recordJson } from '../render/run-record.js';
import { elapsedSince, oneLine, plural, table, utc } from '../render/text.js';
import { placeOf, type PlaceOptions } from './place.js';

export interface RunsArguments extends PlaceOptions {
  /** Of every path. */
  readonly all?: boolean;
  readonly status?: string;
  /** Of fan-outs, too. */
  readonly items?: boolean;
  readonly limit: number;
}

const STATUSES = ['pending', 'running', 'paused', 'completed', 'failed', 'cancelled'];

/** Recent runs, newest first: of the working path and of worktrees of the repository there, or of all. */
export function runs(args: RunsArguments): Command {
  return async ({ services, caller, clock }) => {
    if (args.status !== undefined && !STATUSES.includes(args.status)) throw unknownStatus(args.status);
    const workingPath = args.all === true ? null : await services.workingPath(placeOf(caller, args));
    const orchestrator = await services.orchestrator();
    const {
      runs: found,
      total,
      leftOut,
    } = await orchestrator.list({
      workingPath,
      withWorktrees: workingPath !== null,
      statuses: args.status === undefined ? null : [args.status],
      subRuns: args.items === true ? 'all' : 'no-items',
      limit: args.limit,
    });
    const hasBranches = found.some((record) => branchOf(record) !== null);
    const rows = found.map((record) => row(record, clock.now(), hasBranches));
    const head = [
      'RUN',
      'STATUS',
      'WORKFLOW',
      'STARTED',
      'TOOK',
      ...(hasBranches ? ['BRANCH'] : []),
      'MESSAGE',
    ];
    const where = workingPath === null ? '' : ` in ${workingPath}`;
    const items =
      leftOut === 0 ? '' : `; ${plural(leftOut, 'item')} of fan-outs left out (--items shows them)`;
    return {
      exitCode: 0,
      json: { runs: found.map(recordJson), total, leftOut, workingPath },
      text:
        rows.length === 0
          ? `no runs${where}${workingPath === null ? '' : ' (--all shows those of other paths)'}${items}`
          : `${found.length} of ${total} runs${where}${items}\n${table([head, ...rows])}`,
    };
  };
}

function unknownStatus(status: string): Error {
  const nearest = nearestName(status, STATUSES);
  const hint = nearest === null ? '' : `; did you mean ${nearest}?`;
  return usageError(`--status ${status} is none of ${STATUSES.join(', ')}${hint}`);
}

/** A sub-run says whose it is. */
export function workflowOf({ workflowName, parentRunId }: RunRecord): string {
  const name = oneLine(workflowName);
  return parentRunId === null ? name : `${name} (of ${shortRunId(parentRunId)})`;
}

function row(record: RunRecord, now: Date, hasBranches: boolean): string[] {
  const took =
    record.completedAt === null
      ? elapsedSince(record.startedAt, now)
      : formatDuration(Date.parse(record.completedAt) - Date.parse(record.startedAt));
  return [
    shortRunId(record.runId),
    record.status,
    workflowOf(record),
    utc(record.startedAt),
    took,
    ...(hasBranches ? [branchOf(record) ?? '-'] : []),
    oneLine(record.userMessage, 60),
  ];
}
