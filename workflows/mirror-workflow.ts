import { proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import type { Activities } from '../src/contract/activities.js';
import type { MirrorInput } from '../src/contract/run-workflow.js';
import { WRITE_MIRROR } from './activity-options.js';

/** Finishes the mirror of a run that closed while its table was away, for as long as that takes. */
export async function mirror(input: MirrorInput): Promise<void> {
  const { writeMirror } = proxyActivities<Activities>(WRITE_MIRROR);
  for (const write of input.writes) await writeMirror(write);
}

setWorkflowOptions({ failureExceptionTypes: [Error] }, mirror);
