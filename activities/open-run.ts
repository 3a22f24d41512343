import { Context } from '@temporalio/activity';
import type { Activities, OpenRunInput } from '../src/contract/activities.js';
import { RunError } from '../src/core/errors.js';
import { isView } from '../src/core/lease/is-view.js';
import { requireNoAgents } from '../src/core/run/require-no-agents.js';
import type { NodeFailure } from '../src/core/run/task.js';
import type { Box } from '../src/ports/box.js';
import type { ExecutionName, Executions } from '../src/ports/executions.js';
import type { Host } from '../src/ports/host.js';
import type { EnvironmentStore, RunFiles, SourceFiles } from '../src/ports/run-files.js';
import type { RunTable } from '../src/ports/run-table.js';
import type { Scripts } from '../src/ports/scripts.js';
import { callingExecution } from './inside-run.js';
import { keptResults, type KeptResultsPorts } from './kept-results.js';
import { laySource } from './lay-source.js';
import { openBox, type TemporalPlace } from './open-box.js';
import { standing } from './standing.js';
import { takeEnvironment } from './take-environment.js';

export interface OpenRunPorts extends KeptResultsPorts {
  readonly host: Host;
  readonly files: RunFiles;
  readonly sources: SourceFiles;
  readonly table: RunTable;
  readonly executions: Executions;
  readonly box: Box;
  readonly temporal: TemporalPlace;
  readonly environment: Pick<EnvironmentStore, 'adopt' | 'load' | 'save'>;
  readonly scripts: Pick<Scripts, 'requireRuntimes'>;
}

/**
 * Checks that this is the run's host and path, and that nothing of it needs an agent, which no host has yet; makes its
 * directories, writes its row, and opens its box.
 */
export const makeOpenRun =
  (ports: OpenRunPorts): Activities['openRun'] =>
  async (input) => {
    const { host, files, table, executions, box, temporal } = ports;
    await checkPlace(host, input);
    requireNoAgents(input.workflowName, input.agents);
    const { request } = input;
    const execution = callingExecution();
    const codebasePath = request.worktree?.repository;
    const project = codebasePath ?? request.workingPath;
    const [directories, baseBranch] = await Promise.all([
      files.prepare(project, request.runId),
      baseBranchOf(host, request, project),
    ]);
    const identity = {
      ...request,
      ...(codebasePath === undefined ? {} : { codebasePath }),
      workflowName: input.workflowName,
      userMessage: request.message,
      outputRoot: directories.outputRoot,
      startedAt: input.startedAt,
      temporalWorkflowId: execution.temporalWorkflowId,
      temporalNamespace: Context.current().info.namespace,
    };
    const metadata = { ...input.row.metadata, containment_level: box.level };
    const row = { ...input.row, metadata };
    const { temporalRunId } = execution;
    const resumedEpoch = input.isFirstExecution ? (request.resume?.epoch ?? null) : null;
    const first = { ...input, identity, row, temporalRunId, resumedEpoch };
    const { epoch } = await table.open(first, async () => (await standing(executions, execution)) === 'open');
    await takeEnvironment(ports, request, execution);
    const kept = await keptOf(ports, request, directories.artifactsDir);
    const refusalBefore =
      (await refusalBesideArchon(table, request, execution)) ??
      (await laySource(ports.sources, directories.artifactsDir, request)) ??
      (await refusalOfRuntimes(ports.scripts, input));
    const { refusal, takenOver } =
      refusalBefore === null
        ? await openBox(box, input, execution, temporal)
        : { refusal: refusalBefore, takenOver: null };
    const opened = { ...directories, epoch, fenceToken: input.fenceToken, refusal, baseBranch, kept };
    return takenOver === null ? opened : { ...opened, takenOver };
  };

/** As it is said, as the parent has found it, or as it is found. */
async function baseBranchOf(
  host: Host,
  { baseBranch, parent }: OpenRunInput['request'],
  project: string,
): Promise<string> {
  return baseBranch ?? parent?.baseBranch ?? (await host.baseBranch(project));
}

/** What earlier generations of a run that is resumed have finished. */
function keptOf(
  ports: KeptResultsPorts,
  { runId, resume }: OpenRunInput['request'],
  artifactsDir: string,
): ReturnType<typeof keptResults> {
  return resume === null ? Promise.resolve([]) : keptResults(ports, runId, artifactsDir);
}

async function checkPlace(host: Host, { request }: OpenRunInput): Promise<void> {
  if (request.hostId !== host.hostId || request.uid !== host.uid) {
    throw new RunError(
      'WRONG_HOST',
      `this is host ${host.hostId}, user ${host.uid}; the run belongs to host ${request.hostId}, user ${request.uid}. Start it again with signalbox run`,
    );
  }
  const { workingPath, worktree } = request;
  const realPath =
    worktree === undefined ? await host.realPath(workingPath) : await host.futurePath(workingPath);
  if (realPath !== request.workingPath) {
    throw new RunError(
      'WRONG_WORKING_PATH',
      `${request.workingPath} is really ${realPath} on this host, so its lease is another one. Start the run again with --cwd ${realPath}`,
    );
  }
}

/**
 * Archon's own guard sees our row from now on; this is our side of it, best effort. A run that holds no path asks not,
 * nor does a sub-run under the lease of its root, which has asked.
 */
async function refusalBesideArchon(
  table: RunTable,
  { workingPath, parent }: OpenRunInput['request'],
  { temporalWorkflowId }: ExecutionName,
): Promise<NodeFailure | null> {
  if (isView(temporalWorkflowId) || (parent !== undefined && parent.root !== null)) return null;
  const [holder] = await table.archonHolders(workingPath);
  if (holder === undefined) return null;
  return {
    code: 'PATH_HELD_BY_ARCHON',
    message: `${workingPath} is in use by Archon's run ${holder.runId} (${holder.workflowName}). Wait for it, or end it with: archon workflow abandon ${holder.runId}`,
  };
}

/** A run whose scripts nothing here can run ends at its start, not at the first of them. */
async function refusalOfRuntimes(
  scripts: OpenRunPorts['scripts'],
  { request, runtimes }: OpenRunInput,
): Promise<NodeFailure | null> {
  try {
    const rootRunId = request.parent?.root?.runId;
    await scripts.requireRuntimes({ ...request, ...(rootRunId && { rootRunId }) }, runtimes);
    return null;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return { code: error.code, message: error.message };
  }
}
