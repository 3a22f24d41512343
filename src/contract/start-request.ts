import type { ScriptRuntime, Text, WorkflowDefinition } from '../core/definition/definition.js';
import { RunError } from '../core/errors.js';
import type { HostId, RunId, WorkingPath } from '../core/ids.js';
import { isUuid } from '../core/ids.js';
import type { WorktreeGround } from '../core/isolation/plan-worktree.js';
import type { WorktreeOrder } from '../core/isolation/worktree-order.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import { asWorkingPath } from '../core/lease/working-path.js';
import { isCapturedSource, type CapturedSource } from '../core/source/source-manifest.js';
import { definitionFaults } from './definition-faults.js';
import { isParentLink, type ParentLink } from './parent-link.js';
import { childWorkflowId, runWorkflowId, viewWorkflowId } from './workflow-id.js';
import { isWorktreeGround, isWorktreeOrder } from './worktree-request.js';

/** Version of everything in this room. A worker refuses a newer one. */
export const CONTRACT_VERSION = 1;

/** Of which end a run is resumed. */
export interface ResumeRequest {
  /** The newest epoch of the run, decimal text of a bigint: by it the run's first write is let in, once. */
  readonly epoch: string;
  /** What the run ended with then; null: it left no error. */
  readonly error: string | null;
}

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
  /** `$DOCS_DIR`. Absent: `docs/`. */
  readonly docsPath?: string;
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
  /** Null: a new run. */
  readonly resume: ResumeRequest | null;
  /** The files that named scripts lie among, to be laid below the run's artifacts. Absent: none. */
  readonly source?: CapturedSource;
  /** Workflows that the run may start as sub-runs, and those that these may: compiled, as JSON, by name. Absent: none. */
  readonly library?: Library;
  /** What scripts of these need. Absent: nothing. */
  readonly libraryRuntimes?: readonly ScriptRuntime[];
  /** Absent: nobody's sub-run. */
  readonly parent?: ParentLink;
  /** The working path is a worktree, to be made where it is missing. Absent: a directory that is there. */
  readonly worktree?: WorktreeOrder;
  /** Where worktrees of sub-runs lie, and how they are made. Absent: there is no repository, or there are no sub-runs. */
  readonly worktrees?: WorktreeGround;
}

export type Library = Readonly<Record<string, Text>>;

/** The Temporal workflow ID that a request stands for. An execution under another one is refused. */
export function workflowIdOf({ runId, hostId, workingPath, definition, parent }: StartRequest): string {
  if (parent !== undefined && parent.root !== null) {
    return childWorkflowId(parent.runId, parent.nodeId, parent.index ?? 0);
  }
  if (definition.mutatesCheckout === false) return viewWorkflowId(hostId, workingPath, runId);
  return runWorkflowId(hostId, workingPath);
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isFilled: Check = (value) => typeof value === 'string' && value !== '';
const isFlag: Check = (value) => typeof value === 'boolean';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isAnUuid: Check = (value) => typeof value === 'string' && isUuid(value);

const isLibrary: Check = (value) =>
  isJsonObject(value) &&
  Object.values(value).every((text) => {
    if (!isJsonObject(text)) return false;
    return text['kind'] === 'inline'
      ? isText(text['text'])
      : text['kind'] === 'stored' && isText(text['sha256']);
  });

const isResumption: Check = (value) =>
  isJsonObject(value) &&
  typeof value['epoch'] === 'string' &&
  /^[0-9]{1,19}$/.test(value['epoch']) &&
  (value['error'] === null || isText(value['error']));

/** What each field must be, `contractVersion` and `definition` apart; the words end "… is no". */
const FIELDS: readonly (readonly [field: keyof StartRequest, what: string, check: Check])[] = [
  ['runId', 'UUID', isAnUuid],
  ['startToken', 'UUID', isAnUuid],
  ['hostId', 'name', isFilled],
  ['uid', 'count', isCount],
  ['workingPath', 'path', isFilled],
  ['message', 'text', isText],
  ['inputs', 'map of texts', (value) => isJsonObject(value) && Object.values(value).every(isText)],
  ['baseBranch', 'text', (value) => value === null || isText(value)],
  ['docsPath', 'path', (value) => value === undefined || isFilled(value)],
  ['hasClientEnvironment', 'flag', isFlag],
  ['startedBy', 'text', isText],
  ['searchAttributes', 'list of texts', isTexts],
  ['graceMs', 'count', isCount],
  ['heartbeatTimeoutMs', 'count', isCount],
  ['source', 'captured source', (value) => value === undefined || isCapturedSource(value)],
  ['resume', 'resumption', (value) => value === undefined || value === null || isResumption(value)],
  ['worktree', 'order for one', (value) => value === undefined || isWorktreeOrder(value)],
  ['worktrees', 'place for some', (value) => value === undefined || isWorktreeGround(value)],
  ['library', 'map of texts', (value) => value === undefined || isLibrary(value)],
  ['libraryRuntimes', 'list of texts', (value) => value === undefined || isTexts(value)],
  ['parent', 'link to a parent', (value) => value === undefined || isParentLink(value)],
];

function faultsOf(request: JsonObject): string[] {
  const faults = FIELDS.filter(([field, , check]) => !check(request[field]));
  return [
    ...faults.map(([field, what]) => `${field} is no ${what}`),
    ...definitionFaults(request['definition']),
  ];
}

/**
 * Checks a start request again where it arrives: anybody may start a workflow by hand.
 * @throws RunError `CONTRACT_TOO_NEW` · `START_REQUEST_INVALID` with every fault · `PATH_NOT_ABSOLUTE`
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
  const faults = version === CONTRACT_VERSION ? faultsOf(value) : ['contractVersion is no version'];
  if (faults.length > 0) {
    throw new RunError(
      'START_REQUEST_INVALID',
      `the start request is malformed: ${faults.join('; ')}. Start runs with signalbox run`,
    );
  }
  const request = value as unknown as StartRequest;
  asWorkingPath(request.workingPath);
  return value['resume'] === undefined ? { ...request, resume: null } : request;
}
