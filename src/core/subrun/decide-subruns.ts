import type { SubrunNode } from '../definition/definition.js';
import { byteLength } from '../expression/output.js';
import type { NodeId } from '../ids.js';
import { pagedCount, type Child, type OpenChild, type Subruns } from './subruns.js';

/**
 * What a node that runs other workflows has to do next. Each is begun once: planChildren, pageChildren and
 * joinChildren by `subrunsAsked`, startChild by `childStarted`.
 */
export type SubrunAction =
  /** Resolve the items from this one on. */
  | { readonly type: 'planChildren'; readonly nodeId: NodeId; readonly from: number }
  | { readonly type: 'startChild'; readonly nodeId: NodeId; readonly index: number }
  /** Put the first so many elements that are in no page into one. */
  | { readonly type: 'pageChildren'; readonly nodeId: NodeId; readonly count: number }
  | { readonly type: 'joinChildren'; readonly nodeId: NodeId };

/** As much as ended children may hold in the run's state before they go to a file. */
const PAGE_BYTES = 64 * 1024;

/**
 * S1 Never more than `max_parallel` are open. S2 One thing at a time is asked of the host. S3 After a failure
 * that decides the join nothing starts.
 */
export function decideSubruns(node: SubrunNode, subruns: Subruns): readonly SubrunAction[] {
  const asking = askingOf(node, subruns);
  return [...startsOf(node, subruns), ...(asking === null ? [] : [asking])];
}

function startsOf(node: SubrunNode, subruns: Subruns): readonly SubrunAction[] {
  if (subruns.failure !== null) return [];
  const { children } = subruns;
  const from = pagedCount(subruns);
  const room = parallelOf(node) - children.filter(({ status }) => status === 'open').length;
  if (room <= 0) return [];
  const planned = children.flatMap(({ status }, offset) => (status === 'planned' ? [from + offset] : []));
  return planned.slice(0, room).map((index) => ({ type: 'startChild', nodeId: node.id, index }));
}

function askingOf(node: SubrunNode, subruns: Subruns): SubrunAction | null {
  const { total, children, asked, failure } = subruns;
  if (asked !== null) return null;
  const nodeId = node.id;
  const planned = pagedCount(subruns) + children.length;
  const isIdle = children.every(({ status }) => status !== 'open');
  if (failure !== null) return isIdle ? { type: 'joinChildren', nodeId } : null;
  if (total === null || (planned < total && hasFewWaiting(node, children))) {
    return { type: 'planChildren', nodeId, from: planned };
  }
  if (planned === total && children.every(({ status }) => status === 'ended')) {
    return { type: 'joinChildren', nodeId };
  }
  const count = pageable(children);
  return count === 0 ? null : { type: 'pageChildren', nodeId, count };
}

/** A slice is asked for before the last one has been begun, so that no place stays empty. */
function hasFewWaiting(node: SubrunNode, children: readonly Child[]): boolean {
  return children.filter(({ status }) => status === 'planned').length < parallelOf(node);
}

/** Whether an open child is to be cancelled: nothing comes of it any more, or nobody will decide its gates. */
export function isUnwanted({ failure }: Subruns, child: OpenChild, isEnding: boolean): boolean {
  return failure !== null || (isEnding && child.isPaused);
}

export function parallelOf({ fanOut }: SubrunNode): number {
  return fanOut?.maxParallel ?? 1;
}

/** How many ended children at the beginning are worth a page; 0: not enough to bother. */
function pageable(children: readonly Child[]): number {
  const firstUnended = children.findIndex(({ status }) => status !== 'ended');
  const ended = firstUnended < 0 ? children : children.slice(0, firstUnended);
  const bytes = ended.reduce((sum, child) => sum + sizeOf(child), 0);
  return bytes > PAGE_BYTES ? ended.length : 0;
}

function sizeOf(child: Child): number {
  if (child.status !== 'ended') return 0;
  const { end } = child;
  if (end.status !== 'completed') return byteLength(end.failure.message);
  if (end.output === null) return 0;
  return byteLength(end.output.kind === 'inline' ? end.output.text : end.output.excerpt);
}
