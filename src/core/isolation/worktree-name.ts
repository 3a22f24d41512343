import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const SLUG_LENGTH = 50;
/** With the time behind it, a slug of its own fits. */
const WORKFLOW_LENGTH = 36;
const PARENT_LENGTH = 8;
const NODE_LENGTH = 16;

/** `[a-z0-9-]`, no dash at the ends; empty when nothing is left. */
function slugOf(text: string, length: number): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return plain.replace(/^-/, '').slice(0, length).replace(/-$/, '');
}

function shortHash(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, 8);
}

/**
 * The branch of a task's worktree, and the end of its path: Archon's, so that both find each other's. Frozen by
 * tests: a change would give one name two places. Names without a letter of ASCII are told apart by a hash.
 * @param identifier what the task is called, `--branch` for instance
 */
export function taskBranch(identifier: string): string {
  return `archon/task-${slugOf(identifier, SLUG_LENGTH) || shortHash(identifier)}`;
}

/** What a task is called that nobody named; the time is never cut off. */
export function automaticIdentifier(workflow: string, epochMs: number): string {
  return `${slugOf(workflow, WORKFLOW_LENGTH) || shortHash(workflow)}-${epochMs}`;
}

/** Which child of a run is meant. */
export interface ChildName {
  readonly parentRunId: string;
  readonly nodeId: string;
  /** Of a fan-out, from 0; 0 for a single child. */
  readonly index: number;
}

/** What a sub-run with a worktree of its own is called: the same each time that its parent is resumed. */
export function childIdentifier({ parentRunId, nodeId, index }: ChildName): string {
  const parent = parentRunId.slice(0, PARENT_LENGTH);
  const hash = shortHash(`${parentRunId}/${nodeId}`);
  const node = slugOf(nodeId, NODE_LENGTH);
  return [parent, ...(node === '' ? [] : [node]), hash, 'child', index].join('-');
}
