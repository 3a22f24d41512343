import type { NodeState, RunPlan, RunProgress } from './run-state.js';

/** Settled: nothing that happens inside the run moves the node any more. */
export function isSettled(node: NodeState): boolean {
  return (
    node.status === 'completed' ||
    node.status === 'failed' ||
    node.status === 'skipped' ||
    node.status === 'dropped'
  );
}

const ACTIVE: readonly NodeState['status'][] = ['running', 'retrying', 'waiting', 'looping', 'delegating'];

function isActive(node: NodeState): boolean {
  return ACTIVE.includes(node.status);
}

const DUE: readonly NodeState['status'][] = ['pending', 'kept', 'looping', 'delegating'];

/** Whether `decide` has something to say about a node, once its barrier is open. */
function isDue(node: NodeState): boolean {
  if (node.status === 'retrying') return !node.isScheduled;
  return DUE.includes(node.status);
}

/** The bookkeeping of a run whose nodes stand like this, counted from scratch. */
export function progressOf(plan: RunPlan, nodes: readonly NodeState[]): RunProgress {
  const remaining = [...plan.counts];
  nodes.forEach((node, position) => {
    if (isSettled(node)) for (const barrier of plan.countedBy[position] ?? []) lower(remaining, barrier);
  });
  const positions = nodes.map((_, position) => position);
  const isOpen = (position: number): boolean => remaining[plan.barrierOf[position] ?? -1] === 0;
  return {
    remaining,
    frontier: positionsWhere(positions, nodes, (node, position) => isDue(node) && isOpen(position)),
    active: positionsWhere(positions, nodes, isActive),
    unsettled: nodes.filter((node) => !isSettled(node)).length,
  };
}

/** The bookkeeping after one node has moved on; equal to `progressOf` of the nodes after, at a fraction of its price. */
export function progressAfter(
  plan: RunPlan,
  progress: RunProgress,
  position: number,
  moved: { readonly before: NodeState; readonly nodes: readonly NodeState[] },
): RunProgress {
  const { before, nodes } = moved;
  const after = nodes[position] ?? before;
  const own = {
    frontier: withMember(progress.frontier, position, isDue(after)),
    active: withMember(progress.active, position, isActive(after)),
  };
  if (isSettled(before) || !isSettled(after)) return { ...progress, ...own };
  const remaining = [...progress.remaining];
  const opened = (plan.countedBy[position] ?? []).filter((barrier) => lower(remaining, barrier) === 0);
  const released = opened.flatMap((barrier) => plan.behind[barrier] ?? []);
  return {
    ...own,
    remaining,
    frontier: merged(own.frontier, positionsWhere(released, nodes, isDue)),
    unsettled: progress.unsettled - 1,
  };
}

/** Whether everything that a node has to wait for has settled. */
export function mayBegin(plan: RunPlan, progress: RunProgress, position: number): boolean {
  return progress.remaining[plan.barrierOf[position] ?? -1] === 0;
}

function lower(remaining: number[], barrier: number): number {
  const left = (remaining[barrier] ?? 0) - 1;
  remaining[barrier] = left;
  return left;
}

function positionsWhere(
  positions: readonly number[],
  nodes: readonly NodeState[],
  matches: (node: NodeState, position: number) => boolean,
): readonly number[] {
  return positions.filter((position) => {
    const node = nodes[position];
    return node !== undefined && matches(node, position);
  });
}

/** Positions are kept in order, so that a member is found, put in or taken out at its place. */
function withMember(positions: readonly number[], position: number, belongs: boolean): readonly number[] {
  const index = placeOf(positions, position);
  const isMember = positions[index] === position;
  if (isMember === belongs) return positions;
  return belongs ? positions.toSpliced(index, 0, position) : positions.toSpliced(index, 1);
}

function placeOf(positions: readonly number[], position: number): number {
  let [low, high] = [0, positions.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((positions[middle] ?? position) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function merged(positions: readonly number[], more: readonly number[]): readonly number[] {
  return more.length === 0 ? positions : [...positions, ...more].sort((a, b) => a - b);
}
