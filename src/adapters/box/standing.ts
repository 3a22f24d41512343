import { setTimeout as wait } from 'node:timers/promises';
import { RunError } from '../../core/errors.js';
import { OPENING_PATIENCE_MS, type OpeningFacts } from '../../core/lease/judge-opening.js';
import type { BoxOwner } from '../../ports/box.js';
import type { ExecutionFacts, Executions } from '../../ports/executions.js';
import { fenced, temporalSilent } from './refusals.js';

const PAUSE_MS = 100;

/** What Temporal says of an ID; null: it knows none. */
export type TemporalAnswer = ExecutionFacts | 'unknown' | null;

export async function askTemporal(
  executions: Pick<Executions, 'describe'>,
  temporalWorkflowId: string,
): Promise<TemporalAnswer> {
  try {
    return await executions.describe(temporalWorkflowId);
  } catch (error) {
    if (error instanceof RunError && error.code === 'TEMPORAL_UNREACHABLE') return 'unknown';
    throw error;
  }
}

/** Whether an execution is the open, current one of its ID. */
export function standingOf(answer: TemporalAnswer, temporalRunId: string): OpeningFacts['standing'] {
  if (answer === 'unknown') return 'unknown';
  return answer?.isOpen === true && answer.temporalRunId === temporalRunId ? 'current' : 'over';
}

/**
 * Whether an execution is the open, current one of the owner's ID.
 * @throws RunError `TEMPORAL_UNREACHABLE`
 */
export async function isCurrent(
  executions: Pick<Executions, 'describe'>,
  owner: BoxOwner,
  temporalRunId: string,
): Promise<boolean> {
  const limit = performance.now() + OPENING_PATIENCE_MS.TEMPORAL_UNREACHABLE;
  for (;;) {
    const answer = await askTemporal(executions, owner.temporalWorkflowId);
    const standing = standingOf(answer, temporalRunId);
    if (standing !== 'unknown') return standing === 'current';
    if (performance.now() >= limit) throw temporalSilent(owner);
    await wait(PAUSE_MS);
  }
}

/** @throws RunError `FENCED` · `TEMPORAL_UNREACHABLE` */
export async function requireCurrent(
  executions: Pick<Executions, 'describe'>,
  owner: BoxOwner,
  temporalRunId: string,
): Promise<void> {
  if (!(await isCurrent(executions, owner, temporalRunId))) throw fenced(owner, temporalRunId);
}
