import { workflowInfo } from '@temporalio/workflow';
import type { RunOwner } from '../src/contract/activities.js';
import type { RootLink } from '../src/contract/parent-link.js';
import { parseStartRequest, workflowIdOf, type StartRequest } from '../src/contract/start-request.js';
import { RunError } from '../src/core/errors.js';
import { boxKey } from '../src/core/lease/box-key.js';
import type { CarriedRun } from './carried-run.js';

/** Who an execution is, once it has proved to be in its place. */
export interface Admission {
  readonly request: StartRequest;
  /** The run itself: as whom it writes. */
  readonly owner: RunOwner;
  /** In whose box its nodes work: of a sub-run in its parent's checkout the root, else the run itself. */
  readonly root: RootLink;
  /** The first execution of its chain, and not made by a reset. */
  readonly isFirstExecution: boolean;
  /** An operator's reset has made it. */
  readonly isReset: boolean;
}

/**
 * The first statement of a run: an operator can start one by hand, with a copied request or another ID.
 * @throws RunError `START_REQUEST_INVALID` · `CONTRACT_TOO_NEW` · `WRONG_WORKFLOW_ID`
 */
export function admit(value: unknown, carried: CarriedRun | undefined): Admission {
  const request = parseStartRequest(value);
  const info = workflowInfo();
  const expected = workflowIdOf(request);
  if (info.workflowId !== expected) {
    throw new RunError(
      'WRONG_WORKFLOW_ID',
      `this execution is called ${info.workflowId}, but the lease of ${request.workingPath} is called ${expected}; nothing was done. Start runs with signalbox run`,
    );
  }
  if (request.parent !== undefined && info.parent === undefined) {
    throw new RunError(
      'START_REQUEST_INVALID',
      'a sub-run is started by its parent alone; nothing was done. Start runs with signalbox run',
    );
  }
  if (carried !== undefined && info.continuedFromExecutionRunId === undefined) {
    throw new RunError(
      'START_REQUEST_INVALID',
      'a start cannot bring the state of another run along; nothing was done. Start runs with signalbox run',
    );
  }
  const isReset = info.runId !== info.originalExecutionRunId;
  const key = boxKey(info.workflowId, request);
  const owner: RunOwner = {
    runId: request.runId,
    workingPath: request.workingPath,
    pathKey: key,
    temporalWorkflowId: info.workflowId,
    fenceToken: carried === undefined || isReset ? info.runId : carried.fenceToken,
  };
  const own: RootLink = { ...owner, runId: request.runId, pathKey: key, temporalRunId: info.runId };
  const root = request.parent?.root ?? own;
  return { request, owner, root, isFirstExecution: carried === undefined && !isReset, isReset };
}
