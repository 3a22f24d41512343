import {
  WorkflowExecutionAlreadyStartedError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { RunError } from '../core/errors.js';
import { memoOf } from './holder.js';
import { isNotFound, isServiceTrouble, readableTrouble, withDeadline } from './temporal-calls.js';

const TOTAL_MS = 5_000;
const CALL_MS = 2_500;
const ROUNDS = 5;

export type Admission =
  { readonly kind: 'started' } | { readonly kind: 'busy'; readonly holder: WorkflowExecutionDescription };

export interface AdmissionRequest {
  readonly client: Client;
  readonly address: string;
  readonly workflowId: string;
  readonly workflowType: string;
  readonly start: WorkflowStartOptions;
  readonly runId: string;
  readonly startToken: string;
}

/**
 * The one admission: Temporal starts the execution or refuses it. After a refusal, and after any call whose
 * reply was lost, `describe` tells which: my token → started; another open one → busy; one that closed in
 * between → try again, bounded.
 * @throws RunError `TEMPORAL_UNREACHABLE` within 10 s; the run may have started, the same token may be tried again
 */
export async function admitRun(request: AdmissionRequest): Promise<Admission> {
  const { client, workflowType, start } = request;
  const end = Date.now() + TOTAL_MS;
  let trouble: unknown = null;
  for (let round = 0; round < ROUNDS && Date.now() < end; round += 1) {
    const callMs = Math.min(CALL_MS, Math.max(500, end - Date.now()));
    try {
      await withDeadline(client, callMs, () => client.workflow.start(workflowType, start));
      return { kind: 'started' };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) && !isServiceTrouble(error)) {
        throw await readableTrouble(error, request);
      }
      trouble = error;
    }
    const seen = await look(request, callMs);
    if (seen.admission !== null) return seen.admission;
    trouble = seen.trouble ?? trouble;
  }
  throw await undecided(request, trouble);
}

async function look(
  request: AdmissionRequest,
  callMs: number,
): Promise<{ readonly admission: Admission | null; readonly trouble: unknown }> {
  const { client, address, workflowId, runId, startToken } = request;
  try {
    const holder = await withDeadline(client, callMs, () => client.workflow.getHandle(workflowId).describe());
    if (memoOf(holder).startToken === startToken) return { admission: { kind: 'started' }, trouble: null };
    const isOpen = holder.status.name === 'RUNNING' || holder.status.name === 'PAUSED';
    return { admission: isOpen ? { kind: 'busy', holder } : null, trouble: null };
  } catch (error) {
    if (isNotFound(error)) return { admission: null, trouble: null };
    if (isServiceTrouble(error)) return { admission: null, trouble: error };
    throw await readableTrouble(error, request, { address, runId, startToken, mayHaveStarted: true });
  }
}

async function undecided(request: AdmissionRequest, trouble: unknown): Promise<unknown> {
  const { address, runId, startToken } = request;
  const details = { address, runId, startToken, mayHaveStarted: true };
  if (isServiceTrouble(trouble)) {
    const readable = (await readableTrouble(trouble, request, details)) as RunError;
    return new RunError(
      'TEMPORAL_UNREACHABLE',
      `${readable.message}. Run ${runId} may have started: see with signalbox get ${runId}, or ask again with the same run id and start token`,
      details,
      { cause: trouble },
    );
  }
  return new RunError(
    'TEMPORAL_UNREACHABLE',
    `Temporal at ${address} gave no settled answer in ${ROUNDS} tries. Run ${runId} may have started: see with signalbox get ${runId}, or ask again with the same run id and start token`,
    details,
    { cause: trouble },
  );
}
