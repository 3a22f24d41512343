import type { Client } from '@temporalio/client';
import { MESSAGES, type CancelAnswer, type DecideAnswer } from '../contract/messages.js';
import { ticketWorkflowId } from '../contract/workflow-id.js';
import type { Issue } from '../core/definition/issue.js';
import { RunError } from '../core/errors.js';
import { shortRunId, type HostId, type RunId } from '../core/ids.js';
import { asWorkingPath } from '../core/lease/working-path.js';
import type { EnvironmentStore } from '../ports/run-files.js';
import type { RunReader, RunRecord, TextStore } from '../ports/run-table.js';
import type { Repositories } from '../ports/worktrees.js';
import { discover } from './discover.js';
import { loadSource, loadText, type LoadedSource } from './load-source.js';
import { askRun } from './ask-run.js';
import { checkResume, checkStart } from './check-start.js';
import { followRun } from './follow-run.js';
import { memoOf, readHolder } from './holder.js';
import { sendUpdate } from './message-run.js';
import type { Orchestrator, ResumeOptions, ResumeResult, StartOptions, StartResult } from './orchestrator.js';
import { nodesWithoutPermit } from './permit-waits.js';
import { makeNamespaceId } from './namespace-id.js';
import { askQueue, findQueued, readQueue, readQueues } from './queue-reader.js';
import { awaitPlace, leaveQueue } from './queue-ticket.js';
import { planIsolation } from './plan-isolation.js';
import { rememberingParse, type Parse } from './source/parse-memory.js';
import { makeRecentRuns } from './recent-runs.js';
import { resolveWorkingPath } from './resolve-working-path.js';
import { resumeRun } from './resume-run.js';
import { startIsolated } from './start-isolated.js';
import { startRun, type StartOutcome, type StartPlace, type StartPorts } from './start-run.js';
import { waitError } from './wait-end.js';
import { waitForTurn } from './wait-in-queue.js';

export interface OrchestratorPorts {
  readonly client: Client;
  /** For messages. */
  readonly temporalAddress: string;
  readonly reader: RunReader;
  readonly texts: TextStore;
  readonly environment: EnvironmentStore | null;
  /** Identity of this machine, read when first needed. */
  readonly hostId: () => Promise<HostId>;
  readonly uid: number;
  readonly repositories: Repositories;
  /** Where the user's scope lies. */
  readonly archonHome: string;
  /** Where the workflows that are shipped lie. */
  readonly bundled: string;
}

const ID_PREFIX = /^[0-9a-f-]{1,36}$/;
const CANDIDATES = 6;
const RECENT = 1_000;

/** The library's heart, over ports; `src/index.ts` wires it to Temporal and Postgres. */
export function makeOrchestrator(ports: OrchestratorPorts): Orchestrator {
  const { client, reader, temporalAddress: address } = ports;
  const find = (idOrPrefix: string): Promise<RunRecord> => findRun(reader, idOrPrefix);
  const startPorts = {
    ...ports,
    namespaceId: makeNamespaceId({ client, address }),
    parse: rememberingParse(),
  };
  const recent = makeRecentRuns(RECENT);
  const temporal = { client, address };
  const idOf = async (runId: RunId): Promise<string> => recent.idOf(runId) ?? temporalIdOf(await find(runId));
  return {
    start: async (options) => {
      const result = await start(startPorts, options);
      if (result.kind === 'started' || result.kind === 'attached') {
        recent.remember(result.runId, result.temporalWorkflowId);
      }
      return result;
    },
    resume: async (options) => {
      const result = await resume(startPorts, options);
      if (result.kind === 'started') recent.remember(result.runId, result.temporalWorkflowId);
      return result;
    },
    waitForTurn: async (runId, options = {}) => {
      const end = await waitForTurn(temporal, runId, options);
      if (end.kind === 'started') recent.remember(runId, end.temporalWorkflowId);
      return end;
    },
    leaveQueue: (runId, request) => leaveQueue(temporal, runId, request),
    findQueued: async (idOrPrefix) => {
      const prefix = prefixOf(idOrPrefix);
      return prefix === '' ? [] : findQueued(temporal, prefix);
    },
    queues: async (workingPath) => {
      if (workingPath === null) return readQueues(temporal);
      const path = { hostId: await ports.hostId(), workingPath: asWorkingPath(workingPath) };
      return [await readQueue(temporal, path)];
    },
    follow: async (runId, options = {}) =>
      followRun(ports, { runId, temporalWorkflowId: await idOf(runId) }, options),
    describe: async (runId) => {
      // The ID may belong to a later run of the same path by now.
      const description = await askRun(client, await idOf(runId));
      return description?.runId === runId ? description : null;
    },
    waitingForPermit: async (runId) => nodesWithoutPermit(client, runId, await idOf(runId)),
    decide: async (runId, { updateId, ...answer }) => {
      const to = { client, address, runId, temporalWorkflowId: await idOf(runId) };
      return sendUpdate<DecideAnswer>(to, { name: MESSAGES.decideUpdate, message: answer, updateId });
    },
    cancel: async (runId, request) => {
      const to = { client, address, runId, temporalWorkflowId: await idOf(runId) };
      return sendUpdate<CancelAnswer>(to, { name: MESSAGES.cancelUpdate, message: request });
    },
    find,
    children: (runId) => reader.childrenOf(runId),
    list: (filter) => reader.list(filter),
    events: (runId, after) => reader.events(runId, after),
  };
}

async function start(
  ports: OrchestratorPorts & StartPorts & { readonly parse: Parse },
  options: StartOptions,
): Promise<StartResult> {
  checkStart(options);
  const place = await placeOf(ports, options);
  const loaded = await load(ports, place.workingPath, options.workflow);
  if (loaded.kind === 'refused') return loaded;
  const { source } = loaded;
  const { definition, config } = source;
  const places = await planIsolation(ports, { place, definition, settings: config.worktree, options });
  const outcome = await startIsolated(places, options.onBusy, (isolated, onBusy) =>
    startRun(ports, isolated, source, {
      ...options,
      ...(onBusy === undefined ? {} : { onBusy }),
    }),
  );
  return answerOf(ports, outcome, source.warnings);
}

async function resume(ports: OrchestratorPorts & StartPorts, options: ResumeOptions): Promise<ResumeResult> {
  checkResume(options);
  const record = await findRun(ports.reader, options.runId);
  const outcome = await resumeRun(ports, record, options);
  const answer = await answerOf(ports, outcome, []);
  if (answer.kind === 'busy') return answer;
  if (answer.kind === 'started') return { ...answer, finishedNodes: outcome.finishedNodes };
  throw new RunError('INTERNAL', `a resume was answered as ${answer.kind}`);
}

async function answerOf(
  ports: OrchestratorPorts,
  { request, temporalWorkflowId, admission }: StartOutcome,
  warnings: readonly Issue[],
): Promise<StartResult> {
  const { client, temporalAddress: address } = ports;
  const { runId, workingPath } = request;
  const workflow = request.definition.name;
  const run = { runId, workflow, workingPath, temporalWorkflowId, warnings };
  switch (admission.kind) {
    case 'started':
      return { kind: 'started', ...run };
    case 'attached': {
      const memo = memoOf(admission.holder);
      return { kind: 'attached', ...run, runId: memo.runId ?? runId };
    }
    case 'queued': {
      const end = await awaitPlace({ client, address }, request);
      if (!('kind' in end)) {
        return { kind: 'queued', ...run, temporalWorkflowId: ticketWorkflowId(runId), place: end.place };
      }
      if (end.kind === 'started') return { kind: 'started', ...run };
      throw waitError(end, workingPath);
    }
    case 'busy': {
      const [holder, queue] = await Promise.all([
        readHolder(client, workingPath, admission.holder),
        askQueue(client, request),
      ]);
      return { kind: 'busy', code: 'LEASE_HELD', holder, queueLength: queue?.entries.length ?? null };
    }
  }
}

/** A path of another machine cannot be resolved here; that machine's worker checks it. */
async function placeOf(ports: OrchestratorPorts, options: StartOptions): Promise<StartPlace> {
  if (options.worker !== undefined) {
    const workingPath = asWorkingPath(options.workingPath);
    return { workingPath, hostId: options.worker.hostId as HostId, uid: options.worker.uid };
  }
  const workingPath = await resolveWorkingPath(options.workingPath, { isFolder: options.isFolder ?? false });
  return { workingPath, hostId: await ports.hostId(), uid: ports.uid };
}

async function load(
  ports: OrchestratorPorts & { readonly parse: Parse },
  root: string,
  workflow: StartOptions['workflow'],
): Promise<LoadedSource> {
  if (typeof workflow !== 'string' && 'definition' in workflow) return { kind: 'loaded', source: workflow };
  const { archonHome, bundled, parse } = ports;
  const catalogue = await discover({ root, archonHome, bundled }, parse);
  return typeof workflow === 'string' ? loadSource(catalogue, workflow) : loadText(catalogue, workflow);
}

/** What a run id may begin with; empty: it is no such beginning. */
function prefixOf(idOrPrefix: string): string {
  const prefix = idOrPrefix.trim().toLowerCase();
  return ID_PREFIX.test(prefix) ? prefix : '';
}

async function findRun(reader: RunReader, idOrPrefix: string): Promise<RunRecord> {
  const prefix = prefixOf(idOrPrefix);
  const runs = prefix === '' ? [] : await reader.findByPrefix(prefix, CANDIDATES);
  const [only, ...others] = runs;
  if (only === undefined) {
    throw new RunError(
      'RUN_NOT_FOUND',
      `no run has an id that begins with ${JSON.stringify(idOrPrefix)}; see them with signalbox runs --all`,
      { prefix },
    );
  }
  if (others.length > 0) {
    const list = runs.map((run) => `${run.runId} (${run.workflowName}, ${run.status})`).join(', ');
    throw new RunError(
      'RUN_ID_AMBIGUOUS',
      `${JSON.stringify(idOrPrefix)} fits several runs: ${list}${runs.length === CANDIDATES ? ' …' : ''}. Type more of the id`,
      { candidates: runs.map((run) => run.runId) },
    );
  }
  return only;
}

function temporalIdOf(record: RunRecord): string {
  if (record.temporalWorkflowId !== null) return record.temporalWorkflowId;
  throw new RunError(
    'RUN_NOT_FOUND',
    `run ${record.runId} is Archon's, not signalbox's; use archon workflow get ${shortRunId(record.runId)}`,
    { runId: record.runId },
  );
}
