import { proxyActivities } from '@temporalio/workflow';
import type { Activities, FindEvidenceResult } from '../src/contract/activities.js';
import { FIND_EVIDENCE } from './activity-options.js';
import type { WorkOf } from './node-task.js';

/** Asks the host until it can answer: a run must not be told to have left nothing by a disk that is away. */
export function findEvidence({ variables }: WorkOf): Promise<FindEvidenceResult> {
  const { artifactsDir } = variables;
  return proxyActivities<Activities>(FIND_EVIDENCE).findEvidence({ artifactsDir });
}
