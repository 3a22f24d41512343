import { proxyActivities, setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../src/contract/activities.js';
import { toFailure } from '../src/contract/failure.js';
import { WORKFLOW_TYPES, type MirrorInput } from '../src/contract/run-workflow.js';
import { RunError } from '../src/core/errors.js';
import { WRITE_MIRROR } from './activity-options.js';

/** Finishes the mirror of a run that closed while its table was away, for as long as that takes. */
export async function mirror(input: MirrorInput): Promise<void> {
  if (workflowInfo().parent === undefined) {
    throw toFailure(
      new RunError(
        'START_REQUEST_INVALID',
        `${WORKFLOW_TYPES.mirror} is started by runs only, and was started by hand; nothing was written`,
      ),
    );
  }
  const { writeMirror } = proxyActivities<Activities>(WRITE_MIRROR);
  for (const write of input.writes) await writeMirror(write);
}

setWorkflowOptions({ failureExceptionTypes: [Error] }, mirror);
