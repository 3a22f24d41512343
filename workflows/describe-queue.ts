import type { QueueInput } from '../src/contract/queue-workflow.js';
import type { TicketDescription } from '../src/contract/ticket-workflow.js';
import { queueWorkflowId, runWorkflowId, ticketWorkflowId } from '../src/contract/workflow-id.js';
import { QUEUE_DEPTH, type QueueState } from '../src/core/queue/queue-state.js';
import type { StartRequest } from '../src/contract/start-request.js';

const PHASES: Readonly<Record<QueueState['phase']['kind'], string>> = {
  blocked: 'waits until nobody holds the path',
  free: 'the path is free, and is offered to the first',
  offered: 'the first has been told to start',
};

/** A queue in Markdown, for the Web UI. */
export function detailsOfQueue({ hostId, workingPath }: QueueInput, { entries, phase }: QueueState): string {
  return [
    `### queue · ${workingPath}`,
    '',
    `${entries.length} of at most ${QUEUE_DEPTH} wait; ${PHASES[phase.kind]}. The holder is \`${runWorkflowId(hostId, workingPath)}\`.`,
    '',
    ...entries.map(
      ({ runId, enteredAt }, index) => `${index + 1}. \`${ticketWorkflowId(runId)}\` since ${enteredAt}`,
    ),
    '',
    `See it with \`signalbox queue list\`; take somebody out with \`signalbox queue leave RUN-ID\`. Cancelling this workflow sends everybody away.`,
  ].join('\n');
}

/** A ticket in Markdown, for the Web UI. */
export function detailsOfTicket({ hostId, workingPath }: StartRequest, ticket: TicketDescription): string {
  const path = { hostId, workingPath };
  const until = ticket.deadlineAt === null ? '' : `, and gives up at ${ticket.deadlineAt}`;
  return [
    `### ${ticket.workflowName} waits for ${workingPath}`,
    '',
    `run \`${ticket.runId}\`, ${ticket.status}, in the queue since ${ticket.enteredAt} by ${ticket.startedBy}${until}.`,
    '',
    `- queue \`${queueWorkflowId(path.hostId, path.workingPath)}\``,
    `- holder \`${runWorkflowId(path.hostId, path.workingPath)}\``,
    '',
    `Leave with \`signalbox queue leave ${ticket.runId}\`.`,
  ].join('\n');
}
