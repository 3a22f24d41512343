import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { Sign } from '../contract/activities.js';
import { nodeOfActivityId } from '../contract/workflow-id.js';
import type { RunId } from '../core/ids.js';
import { memoOf } from './holder.js';
import { withDeadline } from './temporal-calls.js';

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

const PATIENCE_MS = 1_000;

/**
 * Nodes of an open run that wait until their host has room for them, as their heartbeats tell: no worker is asked.
 * @returns none, too, when Temporal does not answer in a second
 */
export async function nodesWithoutPermit(
  client: Client,
  runId: RunId,
  temporalWorkflowId: string,
): Promise<readonly string[]> {
  try {
    const description = await withDeadline(client, PATIENCE_MS, () =>
      client.workflow.getHandle(temporalWorkflowId).describe(),
    );
    // The ID may belong to a later run of the same path by now.
    if (memoOf(description).runId !== runId) return [];
    const waiting = (description.raw.pendingActivities ?? []).map(async (activity) =>
      (await signOf(client, activity))?.waitsFor === 'permit'
        ? nodeOfActivityId(activity.activityId ?? '')
        : null,
    );
    return (await Promise.all(waiting)).filter((node) => node !== null).sort();
  } catch {
    return [];
  }
}

/** What an activity said of itself last; null: nothing. */
async function signOf(client: Client, { heartbeatDetails }: PendingActivity): Promise<Sign | null> {
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  let payloads = heartbeatDetails?.payloads ?? [];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  const [payload] = payloads;
  return payload === undefined ? null : (payloadConverter.fromPayload<Sign | null>(payload) ?? null);
}
