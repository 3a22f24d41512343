import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../src/contract/activities.js';
import type { NodeId } from '../src/core/ids.js';
import type { NodeOutput } from '../src/core/run/task.js';
import {
  largestInlineOutputs,
  shortened,
  toSnapshot,
  withOutputs,
  type RunSnapshot,
} from '../src/core/run/snapshot.js';
import { STORE_OUTPUTS } from './activity-options.js';
import type { LiveRun } from './live-run.js';

/** Far below Temporal's own limits of 51,200 events and 50 MiB, above which it ends an execution. */
const FULL_EVENTS = 20_000;
const FULL_BYTES = 20 * 1024 * 1024;
const SNAPSHOT_BYTES = 512 * 1024;

/**
 * Whether the history asks for a new execution. `suggested`: at the next moment at which nothing is open.
 * `full`: until then nothing new starts.
 */
export function historyPressure(): 'none' | 'suggested' | 'full' {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  if (historyLength >= FULL_EVENTS || historySize >= FULL_BYTES) return 'full';
  return continueAsNewSuggested ? 'suggested' : 'none';
}

/**
 * Moves the largest outputs into files until the state is small enough to be handed over.
 * @returns how to take the snapshot once everything else is written
 */
export async function packRun(
  live: LiveRun,
  artifactsDir: string,
  runId: string,
): Promise<() => RunSnapshot> {
  const large = largestInlineOutputs(toSnapshot(live.state), SNAPSHOT_BYTES);
  if (large.length > 0) {
    const wanted = new Set<NodeId>(large);
    const outputs: Record<NodeId, NodeOutput> = {};
    live.definition.nodes.forEach((node, position) => {
      const state = live.state.nodes[position];
      if (state?.status === 'completed' && wanted.has(node.id)) outputs[node.id] = state.output;
    });
    const { storeOutputs } = proxyActivities<Activities>(STORE_OUTPUTS);
    live.replaceState(withOutputs(live.state, await storeOutputs({ runId, artifactsDir, outputs })));
  }
  return () => shortened(toSnapshot(live.state), SNAPSHOT_BYTES);
}
