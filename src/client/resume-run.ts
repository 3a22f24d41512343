import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { SEARCH_ATTRIBUTES } from '../contract/memo.js';
import { CONTRACT_VERSION, workflowIdOf, type StartRequest } from '../contract/start-request.js';
import { RunError } from '../core/errors.js';
import { restoreCommand } from '../core/isolation/restore-worktree.js';
import { shortRunId, type HostId, type NodeId, type RunId } from '../core/ids.js';
import { excerptOf } from '../core/run/excerpt.js';
import type { WorktreeOrder } from '../core/isolation/worktree-order.js';
import type { EnvironmentStore } from '../ports/run-files.js';
import type { GenerationRecord, RunReader, RunRecord } from '../ports/run-table.js';
import type { ResumeOptions } from './orchestrator.js';
import {
  configRefused,
  nodeEnvironment,
  ownerOf,
  requireAccounts,
  type NodeEnvironment,
} from './node-environment.js';
import { completed, pastRequest } from './past-request.js';
import { resolveWorkingPath } from './resolve-working-path.js';
import { readProjectConfig } from './source/read-project-config.js';
import { admit, type StartOutcome, type StartPorts } from './start-run.js';

/** It stands in the request, and in an event: a longer one is clipped. */
const ERROR_CHARACTERS = 16_000;

/** What resuming needs of the outside. */
export interface ResumePorts extends StartPorts {
  readonly reader: RunReader;
  /** Identity of this machine, read when first needed. */
  readonly hostId: () => Promise<HostId>;
  readonly uid: number;
  /** Where the user's scope lies. */
  readonly archonHome: string;
}

export interface ResumeOutcome extends StartOutcome {
  /** Nodes that are not done again. */
  readonly finishedNodes: readonly NodeId[];
}

/**
 * A new start under the same Temporal ID and run id: as the last one was, from where it ended. Whether it may is
 * said by Temporal, which starts one at a time, and by the run's first write, which lets one resume of each end in.
 */
export async function resumeRun(
  ports: ResumePorts,
  record: RunRecord,
  options: ResumeOptions,
): Promise<ResumeOutcome> {
  const { runId } = record;
  if (record.status === 'completed') throw completed(runId);
  const generation = await ports.reader.newestGeneration(runId);
  if (generation === null) throw stranger(record);
  const temporal = { client: ports.client, address: ports.temporalAddress };
  const past = await pastRequest(temporal, runId, generation);
  if (past.parent !== undefined) throw resumedByParent(runId, past.parent.runId);
  const isHere = past.hostId === (await ports.hostId()) && past.uid === ports.uid;
  if (isHere) await requirePath(past, generation);
  const environment = isHere ? await environmentOf(ports, past, options) : null;
  const request = nextRequest(past, { record, generation, options });
  const outcome =
    environment === null || ports.environment === null
      ? await admit(ports, request, {})
      : await admitWithOffer(ports, ports.environment, request, environment);
  const finished = new Set(generation.finishedNodes);
  const kept = past.definition.nodes.filter(({ id, alwaysRun }) => finished.has(id) && !alwaysRun);
  return { ...outcome, finishedNodes: kept.map(({ id }) => id) };
}

/** Only its parent can tell what becomes of it. */
function resumedByParent(runId: RunId, parentRunId: RunId): RunError {
  return new RunError(
    'RUN_NOT_RESUMABLE',
    `run ${shortRunId(runId)} is a sub-run, which goes on when its parent does; use signalbox resume ${shortRunId(parentRunId)}`,
    { runId, parentRunId },
  );
}

function stranger({ runId }: RunRecord): RunError {
  return new RunError(
    'RUN_NOT_FOUND',
    `run ${runId} is Archon's, not signalbox's; use archon workflow resume ${runId}`,
    { runId },
  );
}

/**
 * Whether the run finds its path as it left it: a worktree in which nothing has completed may be made anew.
 * @throws RunError `WORKING_PATH_INVALID`
 */
async function requirePath(
  { workingPath, worktree }: StartRequest,
  { finishedNodes }: GenerationRecord,
): Promise<void> {
  if (!existsSync(workingPath)) {
    if (worktree !== undefined && finishedNodes.length === 0) return;
    throw pathGone(workingPath, worktree);
  }
  const real = await resolveWorkingPath(workingPath, { isFolder: true });
  if (real === workingPath) return;
  throw new RunError(
    'WORKING_PATH_INVALID',
    `${workingPath}, where the run worked, leads to ${real} now; put it back, or start a new run there with signalbox run`,
    { path: workingPath },
  );
}

/**
 * What the nodes get this time: the config's variables as they are now, since Temporal never sees them.
 * @throws RunError `DEFINITION_INVALID` a config file is wrong · `ACCOUNT_REQUIRED`
 */
async function environmentOf(
  { archonHome }: ResumePorts,
  { definition, workingPath, worktree }: StartRequest,
  { environment: given }: ResumeOptions,
): Promise<NodeEnvironment | null> {
  const root = worktree?.repository ?? workingPath;
  const reading = await readProjectConfig({ root, archonHome });
  if (reading.kind === 'refused') throw configRefused(reading.issues);
  const environment = nodeEnvironment(given, reading.config);
  requireAccounts(definition, environment);
  return environment;
}

function pathGone(workingPath: string, worktree: WorktreeOrder | undefined): RunError {
  const command =
    worktree === undefined
      ? ''
      : `. What was committed comes back with: ${restoreCommand(workingPath, worktree)}`;
  return new RunError(
    'WORKING_PATH_INVALID',
    `the run cannot be resumed: its working path ${workingPath} no longer exists; put it back, or start a new run with signalbox run${command}`,
    { path: workingPath },
  );
}

interface Resumption {
  readonly record: RunRecord;
  readonly generation: GenerationRecord;
  readonly options: ResumeOptions;
}

function nextRequest(past: StartRequest, { record, generation, options }: Resumption): StartRequest {
  const { error } = record.metadata;
  return {
    ...past,
    contractVersion: CONTRACT_VERSION,
    startToken: options.startToken ?? randomUUID(),
    startedBy: options.startedBy ?? `${userInfo().username}@${hostname()}`,
    hasClientEnvironment: false,
    searchAttributes: Object.values(SEARCH_ATTRIBUTES),
    resume: {
      epoch: generation.epoch,
      error: typeof error === 'string' ? excerptOf(error, ERROR_CHARACTERS) : null,
    },
  };
}

/** Others may be resuming the same run: each leaves its environment under its own token. */
async function admitWithOffer(
  ports: ResumePorts,
  store: EnvironmentStore,
  request: StartRequest,
  environment: NodeEnvironment,
): Promise<StartOutcome> {
  const temporalNamespaceId = await ports.namespaceId();
  const temporalWorkflowId = workflowIdOf(request);
  const owner = ownerOf(environment, { temporalNamespaceId, temporalWorkflowId });
  await store.offer(request, environment.variables, owner);
  const offered = { ...request, hasClientEnvironment: true };
  const outcome = await admit(ports, offered, {}).catch(async (error: unknown) => {
    const mayRun = error instanceof RunError && error.details['mayHaveStarted'] === true;
    if (!mayRun) await store.withdraw(request);
    throw error;
  });
  if (outcome.admission.kind === 'busy') await store.withdraw(request);
  return outcome;
}
