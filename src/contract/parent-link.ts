import type { NodeId, PathKey, RunId } from '../core/ids.js';
import { isUuid } from '../core/ids.js';
import { isJsonObject, type JsonObject } from '../core/json.js';

/** In whose box a sub-run works: the root's, under the root's lease. */
export interface RootLink {
  readonly runId: RunId;
  readonly temporalWorkflowId: string;
  /** Its execution: it does not continue as new while a sub-run is open. */
  readonly temporalRunId: string;
  readonly fenceToken: string;
  readonly pathKey: PathKey;
}

/** Whose sub-run a run is. */
export interface ParentLink {
  readonly runId: RunId;
  /** Where the parent hears what its child waits for. */
  readonly temporalWorkflowId: string;
  readonly nodeId: NodeId;
  /** Position of its item in a fan-out; null: the node has no other child. */
  readonly index: number | null;
  /** Digest of what it was given. */
  readonly hash: string;
  /** Names of workflows, from the root's to the parent's. */
  readonly ancestry: readonly string[];
  /** Its inputs, as what they are. */
  readonly inputValues: JsonObject;
  /** Null: it has a worktree of its own, and is the root of whatever it runs. */
  readonly root: RootLink | null;
  /** Under whose id the environment lies that the client has left. */
  readonly environmentRunId: RunId;
  /** The repository's, as the parent has found it; absent: it is looked for. */
  readonly baseBranch?: string;
}

const isFilled = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isAnUuid = (value: unknown): boolean => typeof value === 'string' && isUuid(value);
const isIndex = (value: unknown): boolean =>
  value === null || (Number.isSafeInteger(value) && (value as number) >= 0);

/** Whether a value, where it arrives, says whose sub-run a run is. */
export function isParentLink(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { runId, temporalWorkflowId, nodeId, index, hash, ancestry, inputValues, root } = value;
  return (
    [runId, value['environmentRunId']].every(isAnUuid) &&
    [temporalWorkflowId, nodeId, hash].every(isFilled) &&
    isIndex(index) &&
    Array.isArray(ancestry) &&
    ancestry.every(isFilled) &&
    isJsonObject(inputValues) &&
    (value['baseBranch'] === undefined || typeof value['baseBranch'] === 'string') &&
    (root === null || isRootLink(root))
  );
}

function isRootLink(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { runId, temporalWorkflowId, temporalRunId, fenceToken, pathKey } = value;
  return isAnUuid(runId) && [temporalWorkflowId, temporalRunId, fenceToken, pathKey].every(isFilled);
}
