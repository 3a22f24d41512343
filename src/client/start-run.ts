import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { ServiceError, type Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../contract/memo.js';
import { runStart } from '../contract/run-start.js';
import { WORKFLOW_TYPES } from '../contract/run-workflow.js';
import {
  CONTRACT_VERSION,
  workflowIdOf,
  type Library,
  type StartRequest,
} from '../contract/start-request.js';
import { RunError } from '../core/errors.js';
import type { HostId, RunId, WorkingPath } from '../core/ids.js';
import { isView } from '../core/lease/is-view.js';
import { agentsOf, requireNoAgents } from '../core/run/require-no-agents.js';
import type { WorktreeGround } from '../core/isolation/plan-worktree.js';
import type { WorktreeOrder } from '../core/isolation/worktree-order.js';
import type { EnvironmentStore } from '../ports/run-files.js';
import type { TextStore } from '../ports/run-table.js';
import { admitRun } from './admission.js';
import { memoOf } from './holder.js';
import type { RunSource } from './load-source.js';
import { nodeEnvironment, ownerOf, requireAccounts, type NodeEnvironment } from './node-environment.js';
import { ON_BUSY, type StartAdmission } from './on-busy.js';
import type { StartOptions } from './orchestrator.js';
import { prepareSource, type PreparedSource } from './prepare-source.js';
import { resolveInputs } from './resolve-inputs.js';
import { registeredSearchAttributes } from './search-attributes.js';

const MAX_REQUEST_BYTES = 1024 * 1024;
const DEFAULT_GRACE_MS = 5_000;
const DEFAULT_HEARTBEAT_TIMEOUT_MS = 300_000;

/** What starting needs of the outside. */
export interface StartPorts {
  readonly client: Client;
  /** For messages. */
  readonly temporalAddress: string;
  readonly texts: TextStore;
  /** Id of the namespace that the client speaks to. @throws RunError `TEMPORAL_UNREACHABLE` */
  readonly namespaceId: () => Promise<string>;
  /** Null: nodes get the worker's environment. */
  readonly environment: EnvironmentStore | null;
}

/** Where a run belongs. */
export interface StartPlace {
  readonly hostId: HostId;
  readonly uid: number;
  readonly workingPath: WorkingPath;
  /** What `$BASE_BRANCH` stands for, by the word of caller or config. Absent: the host finds out. */
  readonly baseBranch?: string;
  /** Absent: the working path is there. */
  readonly worktree?: WorktreeOrder;
  /** For sub-runs. Absent: it is in no repository. */
  readonly worktrees?: WorktreeGround;
}

export interface StartOutcome {
  readonly admission: StartAdmission;
  readonly request: StartRequest;
  readonly temporalWorkflowId: string;
}

/** Everything from what files say to Temporal's answer. Nothing of a refused start stays behind. */
export async function startRun(
  ports: StartPorts,
  place: StartPlace,
  source: RunSource,
  options: StartOptions,
): Promise<StartOutcome> {
  const environment = nodeEnvironment(options.environment, source.config);
  for (const definition of [source.definition, ...Object.values(source.library)]) {
    requireNoAgents(definition.name, agentsOf(definition));
    requireAccounts(definition, environment);
  }
  const { texts, request } = makeRequest(place, source, options);
  if (texts.size > 0) await ports.texts.put(texts);
  const store = ports.environment;
  if (environment === null || store === null) return admit(ports, request, options);
  const left = { ...request, hasClientEnvironment: true };
  return admitWithEnvironment({ ...ports, environment: store }, left, environment, options);
}

/** What is left behind by a start whose fate nobody knows is swept up by the worker. */
async function admitWithEnvironment(
  ports: StartPorts & { readonly environment: EnvironmentStore },
  request: StartRequest,
  environment: NodeEnvironment,
  options: StartOptions,
): Promise<StartOutcome> {
  const store = ports.environment;
  const { runId } = request;
  const temporalWorkflowId = workflowIdOf(request);
  const temporalNamespaceId = await ports.namespaceId();
  const owner = ownerOf(environment, { temporalNamespaceId, temporalWorkflowId });
  await store.save(runId, environment.variables, owner);
  const outcome = await admit(ports, request, options).catch(async (error: unknown) => {
    const mayRun = error instanceof RunError && error.details['mayHaveStarted'] === true;
    if (!mayRun) await store.remove(runId);
    throw error;
  });
  const { admission } = outcome;
  const isForNobody = 'holder' in admission && memoOf(admission.holder).runId !== runId;
  if (isForNobody) await store.remove(runId);
  return outcome;
}

function makeRequest(
  place: StartPlace,
  source: RunSource,
  options: StartOptions,
): { readonly request: StartRequest; readonly texts: ReadonlyMap<string, string> } {
  const { worktrees, ...base } = place;
  const message = options.message ?? '';
  const inputs = resolveInputs(source.definition, options.inputs ?? {});
  const prepared = prepareSource(source);
  const { definition, library, texts } = prepared;
  const request: StartRequest = {
    ...base,
    contractVersion: CONTRACT_VERSION,
    runId: (options.runId ?? randomUUID()) as RunId,
    startToken: options.startToken ?? randomUUID(),
    definition,
    message,
    inputs,
    baseBranch: options.baseBranch ?? place.baseBranch ?? null,
    hasClientEnvironment: false,
    startedBy: options.startedBy ?? `${userInfo().username}@${hostname()}`,
    searchAttributes: Object.values(SEARCH_ATTRIBUTES),
    graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
    heartbeatTimeoutMs: options.heartbeatTimeoutMs ?? DEFAULT_HEARTBEAT_TIMEOUT_MS,
    resume: null,
    ...fromFiles(source, library),
    ...forSubruns(prepared, worktrees),
  };
  const bytes = Buffer.byteLength(JSON.stringify(request));
  if (bytes > MAX_REQUEST_BYTES) {
    throw new RunError(
      'START_REQUEST_TOO_LARGE',
      `workflow ${definition.name} with its message and inputs makes a start request of ${bytes} bytes, and ${MAX_REQUEST_BYTES} are allowed; shorten gate messages and inputs, or split the workflow`,
      { bytes, limit: MAX_REQUEST_BYTES },
    );
  }
  return { request, texts };
}

/** What a request has of files, the definition apart. */
function fromFiles(
  { config, source }: RunSource,
  library: Library,
): Pick<StartRequest, 'docsPath' | 'library' | 'source'> {
  return {
    docsPath: config.docsPath,
    ...(Object.keys(library).length === 0 ? {} : { library }),
    ...(source === null ? {} : { source }),
  };
}

function forSubruns(
  { library, libraryRuntimes }: PreparedSource,
  worktrees: WorktreeGround | undefined,
): Pick<StartRequest, 'worktrees' | 'libraryRuntimes'> {
  if (Object.keys(library).length === 0) return {};
  return {
    ...(worktrees === undefined ? {} : { worktrees }),
    ...(libraryRuntimes.length === 0 ? {} : { libraryRuntimes }),
  };
}

/** Temporal's answer to a request; without the search attributes that it does not know, if there are such. */
export async function admit(
  ports: StartPorts,
  request: StartRequest,
  options: Pick<StartOptions, 'onBusy' | 'waitTimeoutMs'>,
): Promise<StartOutcome> {
  try {
    return await admitWith(ports, request, options);
  } catch (error) {
    if (!isUnknownAttribute(error)) throw error;
    const known = await registeredSearchAttributes(ports.client, ports.temporalAddress);
    const searchAttributes = request.searchAttributes.filter((name) => known.has(name));
    return admitWith(ports, { ...request, searchAttributes }, options);
  }
}

function isUnknownAttribute(error: unknown): boolean {
  const INVALID_ARGUMENT = 3;
  if (!(error instanceof ServiceError)) return false;
  const cause = error.cause as { code?: unknown; details?: unknown } | undefined;
  return cause?.code === INVALID_ARGUMENT && String(cause.details).includes('search attribute');
}

async function admitWith(
  ports: StartPorts,
  request: StartRequest,
  { onBusy = 'fail', waitTimeoutMs }: Pick<StartOptions, 'onBusy' | 'waitTimeoutMs'>,
): Promise<StartOutcome> {
  const { runId, startToken } = request;
  const temporal = { client: ports.client, address: ports.temporalAddress };
  const start = runStart(request);
  // Nobody is in the way of a run that holds no path.
  const way = isView(start.workflowId) ? 'fail' : onBusy;
  const admission = await ON_BUSY[way]({
    temporal,
    request,
    waitTimeoutMs: waitTimeoutMs ?? null,
    admit: () =>
      admitRun({
        ...temporal,
        workflowId: start.workflowId,
        workflowType: WORKFLOW_TYPES.run,
        runId,
        startToken,
        start: { ...start, memo: { ...start.memo }, workflowIdConflictPolicy: 'FAIL' },
      }),
  });
  return { admission, request, temporalWorkflowId: start.workflowId };
}
