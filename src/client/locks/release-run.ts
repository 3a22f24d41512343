import { RunError } from '../../core/errors.js';
import type { RunId } from '../../core/ids.js';
import type { PathFacts } from '../../core/locks/path-facts.js';
import type { RunEnding } from '../../core/reconcile/judge-run.js';
import type { ProcessInfo } from '../../ports/box.js';
import { writeEnding } from '../write-ending.js';
import type { PathLocksPorts } from './path-locks.js';

export interface ReleaseRequest {
  readonly runId: string;
  /** Who does it: a claim. */
  readonly by: string;
  /** For people; null: none was given. */
  readonly reason: string | null;
  /** Whether its processes are on this machine, to be ended and looked for. */
  readonly isProvable: boolean;
}

/** What releasing a run has done. */
export interface Release {
  readonly isTerminated: boolean;
  /** Boxes that were open, or not known to be closed. */
  readonly closedBoxes: number;
  /** What lived of it before. */
  readonly ended: readonly ProcessInfo[];
  /** Nothing of it lives: looked for on this machine. */
  readonly isProved: boolean;
  /** What its row says now; null: it was not ours to write, since it is terminal, missing, or being written. */
  readonly ending: RunEnding | null;
}

/** A run that goes on under the ID each time that it has been terminated is let go at last. */
const ROUNDS = 5;
/** What the polite signal is worth to somebody who releases. */
const GRACE_MS = 0;

/**
 * Ends a run whatever has become of it.
 * - Z1 Temporal first: once its execution is over nothing of it opens a box, whoever tries, and however late.
 * - Z2 Its box is closed by the box's own rules: what has another owner by now is not touched.
 * - Z3 Its row becomes terminal after the proof, or where there can be none, and then says so.
 */
export async function releaseRun(
  ports: PathLocksPorts,
  facts: PathFacts,
  request: ReleaseRequest,
): Promise<Release> {
  const isTerminated = await terminate(ports, facts, request);
  const cleared = request.isProvable ? await clear(ports, facts, request) : { closedBoxes: 0, ended: [] };
  const ending = await endRow(ports, request, isTerminated);
  return { isTerminated, ...cleared, isProved: request.isProvable, ending };
}

/** Terminates executions of the run until the ID is free, or another run's. @returns whether there were any */
async function terminate(
  { watch, terminator }: PathLocksPorts,
  { temporalWorkflowId }: PathFacts,
  request: ReleaseRequest,
): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const current = await watch.inspect(temporalWorkflowId, null);
    if (current?.isOpen !== true || current.runId !== request.runId) return round > 0;
    await terminator.terminate(current, phraseOf(request));
  }
  throw goesOn(request);
}

/** Ends what lives of the run on this machine, and proves it. */
async function clear(
  ports: PathLocksPorts,
  facts: PathFacts,
  request: ReleaseRequest,
): Promise<Pick<Release, 'closedBoxes' | 'ended'>> {
  const { temporalNamespaceId, sight } = ports;
  const { runId } = request;
  const isOwn = (one: { readonly runId: string; readonly temporalNamespaceId: string }): boolean =>
    one.runId === runId && one.temporalNamespaceId === temporalNamespaceId;
  const box = await ports.box();
  const before = await sight.look();
  const owners = (await box.list()).filter(isOwn);
  for (const owner of owners) {
    await requireOver(ports, owner, request);
    await box.evict(owner, GRACE_MS);
  }
  await requireOver(ports, facts, request);
  await sight.endUnrecorded(runId, temporalNamespaceId);
  await box.close({ runId, temporalWorkflowId: facts.temporalWorkflowId }, GRACE_MS);
  const [proof, after] = [await box.prove(runId), await sight.look()];
  const standing = after.boxes.filter(isOwn).flatMap(({ init }) => init ?? []);
  const left = [...proof.processes, ...standing];
  if (left.length > 0) throw stillOccupied(runId, left);
  const boxes = before.boxes.filter(isOwn);
  const ended = [...boxes.flatMap(({ processes }) => processes), ...(before.strays.get(runId) ?? [])];
  return { closedBoxes: Math.max(boxes.length, owners.length), ended };
}

/** Somebody may have resumed or reset it: what is then opened for it is nobody's to end. */
async function requireOver(
  { watch }: PathLocksPorts,
  { temporalWorkflowId }: Pick<PathFacts, 'temporalWorkflowId'>,
  request: ReleaseRequest,
): Promise<void> {
  const current = await watch.inspect(temporalWorkflowId, null);
  if (current?.isOpen === true && current.runId === request.runId) throw goesOn(request);
}

async function endRow(
  ports: PathLocksPorts,
  request: ReleaseRequest,
  isTerminated: boolean,
): Promise<RunEnding | null> {
  const run = await ports.openRuns.find(request.runId as RunId);
  if (run === null) return null;
  return writeEnding(ports, run, (ending) => phrased(ending, request, isTerminated));
}

function phrased(ending: RunEnding, request: ReleaseRequest, isTerminated: boolean): RunEnding {
  const phrase = phraseOf(request);
  if (isTerminated) return { ...ending, by: request.by, reason: phrase };
  return { ...ending, by: ending.by ?? request.by, reason: `${ending.reason}; ${phrase}` };
}

function phraseOf({ by, reason, isProvable }: ReleaseRequest): string {
  const because = reason === null ? '' : `: ${reason}`;
  const doubt = isProvable ? '' : ' (whether its processes are gone could not be found out)';
  return `released by ${by}${because}${doubt}`;
}

function stillOccupied(runId: string, processes: readonly ProcessInfo[]): RunError {
  const names = processes.map(({ pid, user, command }) => `${pid} (${user}) ${command}`).join('; ');
  return new RunError(
    'PATH_STILL_OCCUPIED',
    `processes of run ${runId} still live: ${names}. End them by hand, then release it again`,
    { runId, processes },
  );
}

function goesOn({ runId }: ReleaseRequest): RunError {
  return new RunError(
    'PATH_STILL_OCCUPIED',
    `run ${runId} goes on: somebody resumes or resets it. Look with signalbox locks show ${runId}, then try again`,
    { runId },
  );
}
