import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { HostId, NodeId, RunId, WorkingPath } from '../core/ids.js';
import { pathKey } from '../core/lease/path-key.js';
import type { Place } from '../core/run/place.js';
import { REWORK, TURN } from '../core/run/turns.js';

const SLUG_LENGTH = 40;
const PLAIN_NODE_ID = /^[A-Za-z0-9_-]{1,100}$/;

const trimDashes = (text: string): string => text.replace(/^-+|-+$/g, '');

/**
 * The readable end of a Temporal workflow ID: the last two segments of the path, in `[a-z0-9-]{1,40}`.
 * Frozen together with `runWorkflowId`.
 */
export function pathSlug(workingPath: WorkingPath): string {
  const lastTwo = workingPath.split('/').filter(Boolean).slice(-2).join('-');
  const plain = lastTwo
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32));
  return trimDashes(trimDashes(plain).slice(-SLUG_LENGTH)) || 'root';
}

/**
 * The Temporal workflow ID of a run, which is the lease on its path: Temporal admits one open execution
 * under it. A function of host and path alone, frozen by test vectors.
 */
export function runWorkflowId(hostId: HostId, workingPath: WorkingPath): string {
  return `run.${pathKey(hostId, workingPath)}.${pathSlug(workingPath)}`;
}

/** ID of the queue of those who wait for a path. */
export function queueWorkflowId(hostId: HostId, workingPath: WorkingPath): string {
  return `queue.${pathKey(hostId, workingPath)}.${pathSlug(workingPath)}`;
}

/** ID of the ticket of a run that waits, or has waited: a run queues once. */
export function ticketWorkflowId(runId: RunId): string {
  return `ticket.${runId}`;
}

/**
 * ID of a sub-run in its parent's checkout: one at a time for each item of a node.
 * @param index position of its item; 0 for a single sub-run
 */
export function childWorkflowId(parentRunId: RunId, nodeId: NodeId, index: number): string {
  const name = bytesToHex(sha256(utf8ToBytes(`${nodeId}\0${index}`))).slice(0, 32);
  return `child.${parentRunId}.${name}`;
}

/** ID of a run that declares that it does not change its checkout: any number of them may be open. */
export function viewWorkflowId(hostId: HostId, workingPath: WorkingPath, runId: RunId): string {
  return `view.${pathKey(hostId, workingPath)}.${runId}`;
}

/**
 * ID of a child that finishes a run's mirror after the run has closed.
 * @param part from 1: what does not fit the argument of one child goes to further ones
 */
export function mirrorWorkflowId(runId: RunId, fenceToken: string, part = 1): string {
  const id = `mirror.${runId}.${fenceToken}`;
  return part === 1 ? id : `${id}.${part}`;
}

/**
 * Names one attempt of a node: activity id, marker of its processes, name of its directory. Other node
 * ids than plain ones are hashed; `~` keeps them, and our own activities, apart from plain names. One in the body
 * of a loop group has group and iteration in front: `review.3.build.1`, a turn of a loop `fix.2.~turn.1`.
 */
export function attemptId(nodeId: NodeId, attempt: number, place: Place = []): string {
  const plain = idWithin(place, `${plainName(nodeId)}.${attempt}`, plainName);
  return plain.length <= LONGEST_ID ? plain : idWithin(place, `${hashedName(nodeId)}.${attempt}`, hashedName);
}

/** The attempt before one that is not the first. */
export function attemptBefore(id: string): string {
  const end = id.lastIndexOf('.') + 1;
  return `${id.slice(0, end)}${Number(id.slice(end)) - 1}`;
}

/** Names an attempt of `until_bash` after an iteration. @param place that iteration */
export function checkId(place: Place, attempt = 1): string {
  const plain = idWithin(place, `${UNTIL_BASH}.${attempt}`, plainName);
  return plain.length <= LONGEST_ID ? plain : idWithin(place, `${UNTIL_BASH}.${attempt}`, hashedName);
}

export function isCheckId(activityId: string): boolean {
  return activityId.split('.').at(-2) === UNTIL_BASH;
}

/**
 * The node's plain name in an activity id made by `attemptId`, `group.node` in a body; null for hashed names and
 * our own activities.
 */
export function nodeOfActivityId(activityId: string): string | null {
  const names = activityId.split('.').filter((_, position) => position % 2 === 0);
  const own = OF_LOOPS.includes(names.at(-1) ?? '') ? names.slice(0, -1) : names;
  const isPlain = activityId.includes('.') && own.every((name) => PLAIN_NODE_ID.test(name));
  return isPlain ? own.join('.') : null;
}

const UNTIL_BASH = '~until';
/** What belongs to the node in front of it. */
const OF_LOOPS: readonly string[] = [UNTIL_BASH, `~${TURN.trim()}`, `~${REWORK.trim()}`];

/** It names a directory, too, and file systems take no more than 255 bytes. */
const LONGEST_ID = 200;

function idWithin(place: Place, own: string, nameOf: (nodeId: NodeId) => string): string {
  const groups = place.map(({ nodeId, iteration }) => `${nameOf(nodeId)}.${iteration}`);
  return [...groups, own].join('.');
}

function plainName(nodeId: NodeId): string {
  if (nodeId === TURN || nodeId === REWORK) return `~${nodeId.trim()}`;
  return PLAIN_NODE_ID.test(nodeId) ? nodeId : hashedName(nodeId);
}

function hashedName(nodeId: NodeId): string {
  return `~${bytesToHex(sha256(utf8ToBytes(nodeId))).slice(0, 16)}`;
}
