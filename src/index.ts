import { Connection, type Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { makeEnvironmentStore } from './adapters/files/environment-store.js';
import { makeRepositories } from './adapters/files/repositories.js';
import { makeRunReader, makeTextStore } from './adapters/postgres/index.js';
import { bundledFolder } from './adapters/files/bundled-folder.js';
import { makeOrchestrator } from './client/create-orchestrator.js';
import { readHostId } from './client/host-id.js';
import type { Orchestrator } from './client/orchestrator.js';
import { readConfig } from './config/config.js';

export type {
  FollowOptions,
  GateDecision,
  Holder,
  IsolationOptions,
  OnBusy,
  Orchestrator,
  ResumeOptions,
  ResumeResult,
  RunEnd,
  RunningRun,
  StartOptions,
  StartResult,
} from './client/orchestrator.js';
export type { PathQueue, QueuedRun, QueuePlace } from './client/queue-reader.js';
export type { WaitOptions, WaitState } from './client/wait-in-queue.js';
export type { CancelAnswer, DecideAnswer, RunDescription, WaitingGate } from './contract/messages.js';
export type { LeaveAnswer, TicketResult } from './contract/ticket-workflow.js';
export type { Issue } from './core/definition/issue.js';
export { ERROR_CODES, RunError, type ErrorCode } from './core/errors.js';
export type { RunId } from './core/ids.js';
export type { EventRecord, RunFilter, RunRecord } from './ports/run-table.js';

/** What an orchestrator talks to. Whoever made client and pool closes them. */
export interface OrchestratorOptions {
  readonly temporal: Client;
  /** Connections to the database whose tables the runs are mirrored to. */
  readonly database: Pool;
  /** Identity of this machine; default `SIGNALBOX_HOST_ID`, else the machine's own. */
  readonly hostId?: string;
  /** Where environments of runs are left for the worker; default `SIGNALBOX_HOME`, else `~/.signalbox`. */
  readonly home?: string;
  /** Where workflows of the global scope lie; default `ARCHON_HOME`, else `~/.archon`. */
  readonly archonHome?: string;
}

/**
 * Starts runs and speaks with them, for programs. Touches nothing before its first call.
 * @throws RunError `CONFIG_INVALID`
 */
export function createOrchestrator(options: OrchestratorOptions): Orchestrator {
  const config = readConfig();
  const { temporal, database } = options;
  return makeOrchestrator({
    client: temporal,
    temporalAddress: addressOf(temporal),
    reader: makeRunReader(database),
    texts: makeTextStore(database),
    environment: makeEnvironmentStore(options.home ?? config.home),
    hostId: () => readHostId(options.hostId ?? config.hostId),
    uid: process.getuid?.() ?? 0,
    repositories: makeRepositories(),
    archonHome: options.archonHome ?? config.archonHome,
    bundled: bundledFolder(),
  });
}

/** For messages. */
function addressOf({ connection }: Client): string {
  return connection instanceof Connection ? connection.options.address : 'the configured address';
}
