import type { WorkflowDefinition } from '../core/definition/definition.js';
import { RunError } from '../core/errors.js';
import type { HostId, RunId, WorkingPath } from '../core/ids.js';
import { isUuid } from '../core/ids.js';
import { isJsonObject } from '../core/json.js';
import { asWorkingPath } from '../core/lease/working-path.js';

/** Version of everything in this room. A worker refuses a newer one. */
export const CONTRACT_VERSION = 1;

/** Everything a run is started with: the one argument of the `run` workflow. Plain JSON. */
export interface StartRequest {
  readonly contractVersion: number;
  readonly runId: RunId;
  /** Fresh UUID per logical start; also in the memo. */
  readonly startToken: string;
  readonly hostId: HostId;
  /** User whose worker runs it. */
  readonly uid: number;
  readonly workingPath: WorkingPath;
  readonly definition: WorkflowDefinition;
  /** `$ARGUMENTS`. */
  readonly message: string;
  /** Declared inputs by name, defaults filled in. */
  readonly inputs: Readonly<Record<string, string>>;
  /** `$BASE_BRANCH` as asked for; null: the host looks it up. */
  readonly baseBranch: string | null;
  /** The client left its environment on the host, under the run id. */
  readonly hasClientEnvironment: boolean;
  /** `me@laptop`: a claim. */
  readonly startedBy: string;
  /** Search attributes that the start carried; the workflow upserts no others. */
  readonly searchAttributes: readonly string[];
  /** From the polite signal to SIGKILL when a node is stopped. */
  readonly graceMs: number;
  /** Heartbeat timeout of a node's activity. */
  readonly heartbeatTimeoutMs: number;
}

const TEXT_FIELDS = ['runId', 'startToken', 'hostId', 'workingPath', 'message', 'startedBy'] as const;
const NUMBER_FIELDS = ['uid', 'graceMs', 'heartbeatTimeoutMs'] as const;

function faultsOf(request: Record<string, unknown>): string[] {
  const faults: string[] = [];
  for (const field of TEXT_FIELDS) if (typeof request[field] !== 'string') faults.push(`${field} is no text`);
  for (const field of NUMBER_FIELDS) {
    if (!Number.isSafeInteger(request[field]) || (request[field] as number) < 0)
      faults.push(`${field} is no count`);
  }
  if (!isUuid(String(request['runId']))) faults.push('runId is no UUID');
  if (!isUuid(String(request['startToken']))) faults.push('startToken is no UUID');
  const definition = request['definition'];
  if (!isJsonObject(definition) || !Array.isArray(definition['nodes']) || definition['nodes'].length === 0)
    faults.push('definition has no nodes');
  if (!isJsonObject(request['inputs'])) faults.push('inputs is no map');
  if (!Array.isArray(request['searchAttributes'])) faults.push('searchAttributes is no list');
  return faults;
}

/**
 * Checks a start request again where it arrives: anybody may start a workflow by hand.
 * @throws RunError `CONTRACT_TOO_NEW` · `START_REQUEST_INVALID` with every fault
 */
export function parseStartRequest(value: unknown): StartRequest {
  if (!isJsonObject(value)) {
    throw new RunError(
      'START_REQUEST_INVALID',
      'the start request is no object; start runs with signalbox run',
    );
  }
  const version = value['contractVersion'];
  if (typeof version === 'number' && version > CONTRACT_VERSION) {
    throw new RunError(
      'CONTRACT_TOO_NEW',
      `this worker speaks contract ${CONTRACT_VERSION}, the start request ${version}; replace the worker (signalbox down, then signalbox up, with the newer version)`,
    );
  }
  const faults = version === CONTRACT_VERSION ? faultsOf(value) : ['contractVersion is missing'];
  if (faults.length > 0) {
    throw new RunError(
      'START_REQUEST_INVALID',
      `the start request is malformed: ${faults.join('; ')}. Start runs with signalbox run`,
    );
  }
  const request = value as unknown as StartRequest;
  asWorkingPath(request.workingPath);
  return request;
}
