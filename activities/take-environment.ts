import type { OpenRunInput } from '../src/contract/activities.js';
import type { EnvironmentStore } from '../src/ports/run-files.js';
import type { ExecutionName } from '../src/ports/executions.js';
import type { TemporalPlace } from './open-box.js';

export interface TakeEnvironmentPorts {
  readonly environment: Pick<EnvironmentStore, 'adopt' | 'load' | 'save'>;
  readonly temporal: TemporalPlace;
}

/**
 * Makes what a client has left the environment of a run: of a resume what it has offered, of a sub-run that has a
 * box of its own what lies there for its root. Other sub-runs share their root's.
 */
export async function takeEnvironment(
  { environment, temporal }: TakeEnvironmentPorts,
  request: OpenRunInput['request'],
  { temporalWorkflowId }: ExecutionName,
): Promise<void> {
  const { runId, parent, hasClientEnvironment, resume } = request;
  if (resume !== null) await environment.adopt(request);
  if (parent?.root !== null || !hasClientEnvironment) return;
  const left = await environment.load(parent.environmentRunId);
  if (left === null) return;
  const { temporalNamespaceId } = temporal;
  await environment.save(runId, left, { temporalNamespaceId, temporalWorkflowId });
}
