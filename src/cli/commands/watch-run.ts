import type { WaitingGate } from '../../contract/messages.js';
import type { RunId } from '../../core/ids.js';
import type { EventRecord } from '../../ports/run-table.js';
import type { Orchestrator, RunEnd } from '../../client/orchestrator.js';
import type { CliContext } from '../context.js';
import { progressLine } from '../render/progress.js';
import { askGate } from './ask-gate.js';

/** A run as it ended, and whether any of its nodes had begun: a run that began nothing was refused. */
export interface Watched {
  readonly end: RunEnd & { readonly isWhole?: boolean };
  readonly hasBegun: boolean;
}

/** Which run, and the id of the last event that is known already. */
export interface WatchedRun {
  readonly runId: RunId;
  readonly after?: string | undefined;
}

const BEGINNINGS = new Set(['node_started', 'node_completed', 'approval_requested']);
const SETTLING_MS = 100;
const UNTAKEN_MS = 5_000;

/**
 * Follows a run and writes a line for each thing that happens, until it ends or waits for people. Where a person
 * sits at the terminal, gates are answered right there.
 * @throws the signal's reason
 */
export async function watchRun(
  context: CliContext,
  orchestrator: Orchestrator,
  run: WatchedRun,
  signal: AbortSignal,
): Promise<Watched> {
  const told: Told = { count: 0, hasBegun: false };
  const over = new AbortController();
  void hintAtWorker(context, told, over.signal);
  try {
    return await watch({ context, orchestrator, run, told }, signal);
  } finally {
    over.abort();
  }
}

/** What the person has been told so far. */
interface Told {
  /** Events. */
  count: number;
  hasBegun: boolean;
}

interface Watching {
  readonly context: CliContext;
  readonly orchestrator: Orchestrator;
  readonly run: WatchedRun;
  readonly told: Told;
}

async function watch({ context, orchestrator, run, told }: Watching, signal: AbortSignal): Promise<Watched> {
  const { runId } = run;
  const answered = new Set<string>();
  for (;;) {
    const end = await orchestrator.follow(runId, {
      after: run.after,
      onEvent: tellOnce(context, told),
      stopWhenPaused: true,
      signal,
    });
    if (end.status !== 'paused' || !context.terminal.isInteractive || context.isJson) {
      return { end, hasBegun: told.hasBegun };
    }
    const gate = end.waiting.find((one) => !answered.has(identity(one)));
    if (gate === undefined) {
      await context.pause(SETTLING_MS, signal);
      continue;
    }
    const answer = await askGate({ context, orchestrator, runId, gate }, signal);
    if (answer === 'left open') return { end, hasBegun: told.hasBegun };
    answered.add(identity(gate));
  }
}

const identity = (gate: WaitingGate): string => `${gate.nodeId} ${gate.openedAt}`;

/** A run that has not even begun after a while waits for a worker. */
async function hintAtWorker(context: CliContext, told: Told, signal: AbortSignal): Promise<void> {
  try {
    await context.pause(UNTAKEN_MS, signal);
  } catch {
    return;
  }
  if (told.count > 0) return;
  const { workerCommand } = context.caller;
  context.err.write(`no worker has taken the run yet; where none is running: ${workerCommand}\n`);
}

/** Following again tells everything again from the beginning. */
function tellOnce(context: CliContext, told: Told): (event: EventRecord) => void {
  let position = 0;
  return (event) => {
    position += 1;
    if (position <= told.count) return;
    told.count = position;
    told.hasBegun ||= BEGINNINGS.has(event.eventType);
    const line = progressLine(event);
    if (line !== null) context.err.write(`${line}\n`);
  };
}
