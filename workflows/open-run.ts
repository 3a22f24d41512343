import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, OpenedRun, OpenRunInput, OpenRunResult } from '../src/contract/activities.js';
import type { StartRequest } from '../src/contract/start-request.js';
import { fromFailure } from '../src/contract/failure.js';
import { runtimesOf } from '../src/core/definition/runtimes.js';
import { ERROR_CODES, RunError } from '../src/core/errors.js';
import { agentsOf } from '../src/core/run/require-no-agents.js';
import { OPEN_RUN, OPEN_RUN_AT_ONCE } from './activity-options.js';
import type { Admission } from './admit.js';
import type { MirrorAuthor, MirrorLane } from './mirror-lane.js';

/** As whom the first write is made: its epoch is not known yet. */
const NOBODY: MirrorAuthor = { epoch: '', generation: null };

/** @throws RunError what refused the run · `RUN_TABLE_UNREACHABLE` */
export async function openRun(
  admission: Admission,
  lane: MirrorLane,
  startedAt: string,
): Promise<OpenRunResult> {
  const { request, owner, isFirstExecution } = admission;
  const { row, events } = lane.take(NOBODY).write;
  const begunAt = Date.now();
  const agents = agentsOf(request.definition);
  try {
    const opened = await openAtOnceOrLater({
      request: withoutDefinition(request),
      workflowName: request.definition.name,
      startedAt,
      fenceToken: owner.fenceToken,
      isFirstExecution,
      row,
      events,
      runtimes: [...new Set([...runtimesOf(request.definition), ...(request.libraryRuntimes ?? [])])],
      ...(agents.length === 0 ? {} : { agents }),
    });
    lane.pauseAfter(begunAt);
    return opened;
  } catch (error) {
    throw (
      fromFailure(error) ??
      new RunError(
        'RUN_TABLE_UNREACHABLE',
        'the first row of the run could not be written within a minute, so the run gives its path back. See whether Postgres answers with signalbox doctor',
        {},
        { cause: error },
      )
    );
  }
}

function withoutDefinition(request: StartRequest): OpenRunInput['request'] {
  const { runId, startToken, hostId, uid, workingPath, message, inputs } = request;
  const { startedBy, baseBranch, hasClientEnvironment, resume, worktree } = request;
  const files = request.source === undefined ? {} : { source: request.source };
  const place = { runId, startToken, hostId, uid, workingPath, ...files };
  const order = worktree === undefined ? {} : { worktree };
  const kin = request.parent === undefined ? {} : { parent: request.parent };
  return { ...place, message, inputs, startedBy, baseBranch, hasClientEnvironment, resume, ...order, ...kin };
}

/** What keeps a table away keeps the run waiting in an activity of its own, so that messages are still answered. */
async function openAtOnceOrLater(input: OpenRunInput): Promise<OpenRunResult> {
  try {
    return await proxyLocalActivities<Activities>(OPEN_RUN_AT_ONCE).openRun(input);
  } catch (error) {
    const refusal = fromFailure(error);
    if (refusal !== null && !ERROR_CODES[refusal.code].retry) throw refusal;
    return proxyActivities<Activities>(OPEN_RUN).openRun(input);
  }
}

/**
 * As whom the mirror is written from now on. An execution that an operator's reset made behind `openRun`
 * has found the epoch of another generation in its history.
 */
export function authorOf(
  { request, owner }: Admission,
  { epoch, fenceToken, outputRoot }: OpenedRun,
  startedAt: string,
): MirrorAuthor {
  if (fenceToken === owner.fenceToken) return { epoch, generation: null };
  const { runId: temporalRunId, namespace: temporalNamespace } = workflowInfo();
  const identity = {
    runId: request.runId,
    workflowName: request.definition.name,
    userMessage: request.message,
    workingPath: request.workingPath,
    ...(request.worktree === undefined ? {} : { codebasePath: request.worktree.repository }),
    outputRoot,
    startedAt,
    startedBy: request.startedBy,
    inputs: request.inputs,
    temporalWorkflowId: owner.temporalWorkflowId,
    temporalNamespace,
    hostId: request.hostId,
    uid: request.uid,
    ...(request.parent === undefined ? {} : { parent: request.parent }),
  };
  return { epoch, generation: { identity, fenceToken: owner.fenceToken, temporalRunId } };
}
