import type { Holder } from '../../client/orchestrator.js';
import { shortRunId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { answerCommands } from './gates.js';
import { elapsedSince, oneLine, utc } from './text.js';

type Line = readonly [label: string, text: string];

export interface RefusalFacts extends OtherStarts {
  readonly holder: Holder;
  readonly now: Date;
  /** What starts a worker on this machine. */
  readonly workerCommand: string;
  /** How many wait for the path; null: not known. */
  readonly queueLength: number | null;
}

/** What starts the same as a start that was refused; null: nothing does, or it cannot be said in a line. */
export interface OtherStarts {
  /** When the path is free. */
  readonly waitCommand: string | null;
  /** Now, in another place. */
  readonly worktreeCommand: string | null;
}

/** What a person reads whose path is in use: who, since when, and what can be done about it. */
export function renderRefusal(facts: RefusalFacts): string {
  const { holder, now, workerCommand } = facts;
  const lines = [
    byLine(holder, now),
    ...startedLine(holder),
    ...queueLines(facts),
    ...nextSteps(holder, workerCommand),
    ...insteadLine(facts),
  ];
  return [
    `✖ ${oneLine(holder.workingPath, 4096)} is in use`,
    ...lines.map(([label, text]) => `  ${label.padEnd(8)} ${text}`),
  ].join('\n');
}

function byLine(holder: Holder, now: Date): Line {
  if (holder.runId === null) {
    return ['by', `an execution that signalbox did not start: ${oneLine(holder.temporalWorkflowId, 1000)}`];
  }
  const node = holder.node === null ? '' : ` › ${nodePhrase(holder.node, holder.nodeKind)}`;
  const state = holder.status === 'paused' ? 'paused' : holder.isHostAlive ? 'running' : 'silent';
  const since = holder.since === null ? '' : ` ${elapsedSince(holder.since, now)}`;
  return [
    'by',
    `run ${shortRunId(holder.runId)}  ${oneLine(holder.workflow ?? 'unknown')}${node}      ${state}${since}`,
  ];
}

function nodePhrase(node: string, kind: string | null): string {
  if (kind === 'approval') return `gate "${oneLine(node)}"`;
  return `node "${oneLine(node)}"${kind === null ? '' : ` (${oneLine(kind)})`}`;
}

function startedLine(holder: Holder): readonly Line[] {
  if (holder.since === null) return [];
  const by = holder.startedBy === null ? '' : ` by ${oneLine(holder.startedBy)}`;
  return [['started', `${utc(holder.since)}${by}`]];
}

function queueLines({ queueLength, waitCommand }: RefusalFacts): readonly Line[] {
  const queue: Line = ['queue', `${queueLength ?? 0} waiting`];
  return [
    ...(queueLength === null || queueLength === 0 ? [] : [queue]),
    ...(waitCommand === null ? [] : [['wait', waitCommand] satisfies Line]),
  ];
}

function insteadLine({ worktreeCommand }: RefusalFacts): readonly Line[] {
  return worktreeCommand === null ? [] : [['instead', worktreeCommand]];
}

function nextSteps(holder: Holder, workerCommand: string): readonly Line[] {
  const { runId, waiting } = holder;
  if (runId === null) return [];
  const follow: Line = ['follow', `signalbox logs -f ${shortRunId(runId)}`];
  const stop: Line = ['stop', `signalbox cancel ${shortRunId(runId)}`];
  if (!holder.isHostAlive) {
    return [
      ['silent', 'its worker has not been heard from for 15 seconds; the run goes on when one is back'],
      ['worker', workerCommand],
    ];
  }
  if (holder.status !== 'paused') return [follow, stop];
  const answers = waiting.flatMap((gate): readonly Line[] => [
    ['asks', oneLine(gate.message)],
    ...answerCommands(runId, gate, waiting.length === 1),
  ]);
  return [...answers, stop];
}

/** The `holder` of `--json`. */
export function holderJson(holder: Holder): JsonObject {
  return {
    runId: holder.runId,
    workflow: holder.workflow,
    status: holder.status,
    node: holder.node,
    nodeKind: holder.nodeKind,
    since: holder.since,
    startedBy: holder.startedBy,
    workingPath: holder.workingPath,
    temporalWorkflowId: holder.temporalWorkflowId,
    isHostAlive: holder.isHostAlive,
    waiting: holder.waiting.map((gate) => ({ ...gate, decisions: [...gate.decisions] })),
  };
}
