import { shortRunId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { judgePath, type Disagreement, type PathVerdict } from '../../core/locks/judge-path.js';
import type { LivingProcess, PathBox, PathFacts, PathRow } from '../../core/locks/path-facts.js';
import { elapsedSince, oneLine, table, utc } from './text.js';

const HEADINGS = ['PATH', 'RUN', 'TEMPORAL', 'ROW', 'BOX', 'PROCESSES', 'STATE'];

/** One line per path. */
export function renderPaths(paths: readonly PathFacts[]): string {
  return table([HEADINGS, ...paths.map((facts) => lineOf(facts, judgePath(facts)))]);
}

function lineOf(facts: PathFacts, verdict: PathVerdict): readonly string[] {
  const { runId, disagreements } = verdict;
  const row = facts.rows.find((one) => one.runId === runId);
  const state = disagreements.map(sentenceOf).join(' ! ');
  return [
    placeOf(facts),
    runId === null ? '-' : shortRunId(runId),
    executionWord(facts),
    row?.status ?? '-',
    boxWord(facts),
    String(processesOf(facts).length),
    oneLine(state === '' ? 'ok' : state, 1000),
  ];
}

function placeOf({ workingPath, temporalWorkflowId, place, hostId }: PathFacts): string {
  const path = oneLine(workingPath ?? temporalWorkflowId, 4096);
  return place === 'otherHost' ? `${hostId}:${path}` : path;
}

function executionWord({ execution }: PathFacts): string {
  if (execution === null) return '-';
  return execution.isOpen ? 'open' : execution.statusName.toLowerCase();
}

function boxWord({ boxes, place }: PathFacts): string {
  if (boxes.length === 0) return place === 'otherHost' ? '?' : '-';
  return boxes.some(({ init }) => init !== null) ? 'locked' : 'left';
}

function processesOf({ boxes, strays }: PathFacts): readonly LivingProcess[] {
  return [...boxes, ...strays].flatMap(({ processes }) => processes);
}

function sentenceOf({ text, next }: Disagreement): string {
  return next === '' ? text : `${text}; ${next}`;
}

/** One path, everything. */
export function renderPath(facts: PathFacts, now: Date): string {
  const verdict = judgePath(facts);
  const { boxes, rows, strays, execution, worker } = facts;
  const lines: (readonly [string, string])[] = [
    ['path', placeOf(facts)],
    ['state', stateOf(verdict)],
    ['temporal', `${facts.temporalWorkflowId} ${executionPhrase(execution)}`],
    ...rows.map((row) => ['row', rowPhrase(row, now)] as const),
    ...boxes.flatMap((box) => boxLines(box)),
    ...strays.flatMap(({ processes }) => processLines(processes)),
    ['worker', workerPhrase(worker, now)],
    ...verdict.disagreements.map((one) => ['!', oneLine(sentenceOf(one), 1000)] as const),
  ];
  return lines.map(([label, text]) => `${label.padEnd(10)} ${text}`.trimEnd()).join('\n');
}

function stateOf({ kind, runId, workflow }: PathVerdict): string {
  const run = runId === null ? '' : ` run ${runId}${workflow === null ? '' : ` (${oneLine(workflow)})`}`;
  switch (kind) {
    case 'held':
      return runId === null ? 'held by an execution that signalbox did not start' : `held by${run}`;
    case 'leftover':
      return `no run is open; something is left of${run}`;
    case 'free':
      return 'free';
  }
}

function executionPhrase(execution: PathFacts['execution']): string {
  if (execution === null) return 'no execution';
  const { temporalRunId, statusName, runId } = execution;
  const whose = runId === null ? '' : `, run ${shortRunId(runId)}`;
  return `${statusName.toLowerCase()} (execution ${temporalRunId}${whose})`;
}

function rowPhrase({ runId, workflow, status, startedAt }: PathRow, now: Date): string {
  return `${runId} ${oneLine(workflow)} ${status}, started ${utc(startedAt)} (${elapsedSince(startedAt, now)})`;
}

function boxLines(box: PathBox): readonly (readonly [string, string])[] {
  const since = box.since === null ? '' : ` since ${utc(box.since)}`;
  const stands =
    box.init === null
      ? 'has fallen; its record is open'
      : `locked by ${box.init.pid} (${oneLine(box.init.user)})`;
  const head = `run ${shortRunId(box.runId)}, level ${box.level}${since}: ${stands}`;
  return [['box', head], ...processLines(box.processes)];
}

function processLines(processes: readonly LivingProcess[]): readonly (readonly [string, string])[] {
  return processes.map(({ pid, user, command }) => [
    'process',
    `${pid} (${oneLine(user)}) ${oneLine(command)}`,
  ]);
}

function workerPhrase({ isHeard, lastSeen }: PathFacts['worker'], now: Date): string {
  if (lastSeen === null) return 'none was ever heard of there';
  return `${isHeard ? 'alive, last heard of' : 'silent since'} ${utc(lastSeen)} (${elapsedSince(lastSeen, now)})`;
}

export function pathJson(facts: PathFacts): JsonObject {
  return JSON.parse(JSON.stringify({ ...facts, ...judgePath(facts) })) as JsonObject;
}
