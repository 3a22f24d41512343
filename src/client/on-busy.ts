import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { StartRequest } from '../contract/start-request.js';
import { queueWorkflowId, ticketWorkflowId } from '../contract/workflow-id.js';
import type { Admission } from './admission.js';
import { isSameWork } from './attach-run.js';
import { memoOf } from './holder.js';
import type { OnBusy } from './orchestrator.js';
import { takeTicket } from './queue-ticket.js';
import { endHolder } from './replace-run.js';
import { isNotFound, readableTrouble, withDeadline, type Temporal } from './temporal-calls.js';

/** How a start may end that knows what to do when its path is in use. */
export type StartAdmission =
  | Admission
  | { readonly kind: 'queued' }
  /** The holder does the same work already. */
  | { readonly kind: 'attached'; readonly holder: WorkflowExecutionDescription };

/** One start. */
export interface Attempt {
  readonly temporal: Temporal;
  readonly request: StartRequest;
  readonly waitTimeoutMs: number | null;
  /** Temporal starts the run, or says who holds the path. */
  readonly admit: () => Promise<Admission>;
}

/** How each kind of start goes about it. */
export const ON_BUSY: Readonly<Record<OnBusy, (attempt: Attempt) => Promise<StartAdmission>>> = {
  fail: ({ admit }) => admit(),

  wait: async ({ temporal, request, waitTimeoutMs, admit }) => {
    if (!(await isAwaited(temporal, request))) {
      const admission = await admit();
      if (admission.kind === 'started') return admission;
    }
    await takeTicket(temporal, { request, waitTimeoutMs });
    return { kind: 'queued' };
  },

  attach: async ({ request, admit }) => {
    const admission = await admit();
    if (admission.kind === 'started' || !isSameWork(admission.holder, request)) return admission;
    return { kind: 'attached', holder: admission.holder };
  },

  replace: async ({ temporal, request, admit }) => {
    const admission = await admit();
    if (admission.kind === 'started') return admission;
    return (await endHolder(temporal, admission.holder, request)) ? admit() : admission;
  },
};

const CALL_MS = 2_500;

/** Somebody waits for the path already, or this run does: then nobody may start in between. */
async function isAwaited(temporal: Temporal, request: StartRequest): Promise<boolean> {
  const { hostId, workingPath, runId, startToken } = request;
  const [queue, ticket] = await Promise.all([
    look(temporal, queueWorkflowId(hostId, workingPath)),
    look(temporal, ticketWorkflowId(runId)),
  ]);
  return queue?.status.name === 'RUNNING' || (ticket !== null && memoOf(ticket).startToken === startToken);
}

async function look(temporal: Temporal, workflowId: string): Promise<WorkflowExecutionDescription | null> {
  const { client } = temporal;
  try {
    return await withDeadline(client, CALL_MS, () => client.workflow.getHandle(workflowId).describe());
  } catch (error) {
    if (isNotFound(error)) return null;
    throw await readableTrouble(error, temporal);
  }
}
