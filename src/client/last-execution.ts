import type { ExecutionDetails, ExecutionEnd, ExecutionWatch } from '../ports/executions.js';
import type { OpenRun } from '../ports/open-runs.js';
import { mirrorWorkflowId } from '../contract/workflow-id.js';
import { judgeRun, type Verdict } from '../core/reconcile/judge-run.js';

/** Longest chain of continued executions that is followed. */
const CHAIN_LIMIT = 1_000;

/** What is asked of Temporal about an execution that may be over. */
export type LooksAtExecutions = Pick<ExecutionWatch, 'inspect' | 'endOf'>;

interface LastExecution {
  /** Null: Temporal knows none of the run any more. */
  readonly execution: ExecutionDetails | null;
  /** Of a closed execution. */
  readonly end: ExecutionEnd | null;
}

/**
 * What Temporal says of a run, by its last execution.
 * @throws RunError `TEMPORAL_UNREACHABLE`
 */
export async function judgeOpenRun(watch: LooksAtExecutions, run: OpenRun): Promise<Verdict> {
  const { execution, end } = await findLastExecution(watch, run);
  const mirror =
    execution?.isOpen === false
      ? await watch.inspect(mirrorWorkflowId(run.runId, run.fenceToken), null)
      : null;
  return judgeRun({ runId: run.runId, execution, end, isMirrorOpen: mirror?.isOpen ?? false });
}

/**
 * The last execution of a run. The current one under its ID is it, unless that belongs to a later run of the
 * same path: then the run's own is followed from where its last generation began.
 */
async function findLastExecution(watch: LooksAtExecutions, run: OpenRun): Promise<LastExecution> {
  const { temporalWorkflowId, runId } = run;
  const current = await watch.inspect(temporalWorkflowId, null);
  if (current?.runId === runId) return withEnd(watch, current);
  let next: string | null = run.temporalRunId;
  let last: LastExecution = { execution: null, end: null };
  for (let length = 0; next !== null && length < CHAIN_LIMIT; length += 1) {
    const execution = await watch.inspect(temporalWorkflowId, next);
    if (execution === null) return last;
    last = await withEnd(watch, execution);
    next = execution.statusName === 'CONTINUED_AS_NEW' ? (last.end?.successorRunId ?? null) : null;
  }
  return last;
}

async function withEnd(watch: LooksAtExecutions, execution: ExecutionDetails): Promise<LastExecution> {
  return { execution, end: execution.isOpen ? null : await watch.endOf(execution) };
}
