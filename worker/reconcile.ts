import { RunError } from '../src/core/errors.js';
import { judgeOpenRun } from '../src/client/last-execution.js';
import { writeEnding } from '../src/client/write-ending.js';
import { TROUBLES_KEY, troublesIn, type Trouble } from '../src/core/reconcile/trouble.js';
import type { Box, BoxOwner } from '../src/ports/box.js';
import type { Clock } from '../src/ports/clock.js';
import type { ExecutionWatch } from '../src/ports/executions.js';
import type { Logger } from '../src/ports/logger.js';
import type { OpenRun, OpenRuns, RunScope } from '../src/ports/open-runs.js';
import type { RunTable } from '../src/ports/run-table.js';
import { forEachInBatches } from './in-batches.js';

export interface ReconcileParts {
  readonly scope: RunScope;
  readonly watch: ExecutionWatch;
  readonly openRuns: OpenRuns;
  readonly table: Pick<RunTable, 'write'>;
  readonly box: Pick<Box, 'list' | 'evict' | 'close'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** From the polite signal to SIGKILL for what a run that is over has left. */
const GRACE_MS = 1_000;

/**
 * Brings what is left of runs to what Temporal says of them: boxes of runs that are over are closed, their rows
 * become terminal with who and why, open runs are marked with what hinders them. Everything is decided by
 * describing the one execution, and may be repeated; what fails for one run does not keep the others.
 * - C1 A row becomes terminal only when the run's box is closed.
 * - C2 An execution that comes back meanwhile (a reset) has the last word: an epoch is taken, then Temporal is
 *   asked again, then the row is written under that epoch.
 * - C3 Runs of other machines, users and namespaces, and Archon's, are not touched.
 */
export async function reconcile(parts: ReconcileParts): Promise<void> {
  const runs = await parts.openRuns.list(parts.scope);
  const boxes = (await parts.box.list()).filter(
    ({ temporalNamespaceId }) => temporalNamespaceId === parts.scope.temporalNamespaceId,
  );
  const known = new Set(runs.map(({ runId }): string => runId));
  const warn = ({ runId, temporalWorkflowId }: OpenRun | BoxOwner, error: unknown): void => {
    parts.logger.warn({ runId, temporalWorkflowId, error }, 'a run could not be reconciled now');
  };
  await forEachInBatches(runs, (run) => reconcileRun(parts, run, boxes), warn);
  const others = boxes.filter(({ runId }) => !known.has(runId));
  await forEachInBatches(others, (owner) => reconcileBox(parts, owner), warn);
}

async function reconcileRun(parts: ReconcileParts, run: OpenRun, boxes: readonly BoxOwner[]): Promise<void> {
  const verdict = await judgeOpenRun(parts.watch, run);
  if (verdict.kind === 'goesOn') return mark(parts, run, verdict.troubles);
  await closeBoxes(parts, run, boxes);
  const ending = await writeEnding(parts, run);
  if (ending === null) return;
  parts.logger.warn({ runId: run.runId, ...ending }, 'a run ended without writing so; its row says it now');
}

/** The bridge's word stands while the gate that it is about is open. */
async function mark(
  { openRuns }: ReconcileParts,
  { runId, metadata }: OpenRun,
  seen: readonly Trouble[],
): Promise<void> {
  const isGateOpen = metadata['approval'] !== undefined && metadata['approval'] !== null;
  const kept = troublesIn(metadata).filter(({ kind }) => kind === 'decision_refused' && isGateOpen);
  const troubles = [...seen, ...kept].map(({ kind, text }) => ({ kind, text }));
  const marked = metadata[TROUBLES_KEY] ?? [];
  if (JSON.stringify(marked) === JSON.stringify(troubles)) return;
  await openRuns.mark(runId, troubles);
}

/**
 * What would not die keeps the row as it is, and stands in it. A resume or a reset may have opened the run's next box
 * meanwhile, and ended what was before it: that one stays.
 */
async function closeBoxes(
  { box, openRuns }: ReconcileParts,
  run: OpenRun,
  boxes: readonly BoxOwner[],
): Promise<void> {
  try {
    for (const owner of boxes.filter(({ runId }) => runId === run.runId)) await box.evict(owner, GRACE_MS);
    const { runId, temporalWorkflowId, fenceToken } = run;
    await box.close({ runId, temporalWorkflowId, fenceToken }, GRACE_MS);
  } catch (error) {
    if (error instanceof RunError && error.code === 'PATH_STILL_OCCUPIED') {
      await openRuns.mark(run.runId, [{ kind: 'processes_left', text: error.message }]);
    }
    throw error;
  }
}

/** A box of a run whose row is over, or that has none. */
async function reconcileBox({ watch, box, logger }: ReconcileParts, owner: BoxOwner): Promise<void> {
  const current = await watch.inspect(owner.temporalWorkflowId, null);
  if (current?.isOpen === true && current.runId === owner.runId) return;
  await box.evict(owner, GRACE_MS);
  logger.warn({ runId: owner.runId, path: owner.workingPath }, 'closed the box of a run that is over');
}
