import type { SubrunNode } from '../definition/definition.js';
import type { NodeId, RunId } from '../ids.js';
import type { NodeFailure, TextValue } from '../run/task.js';
import {
  childAt,
  formerEnd,
  pagedCount,
  type Asked,
  type Child,
  type ChildEnd,
  type ChildGate,
  type ChildPlan,
  type Subruns,
} from './subruns.js';

/** What has happened to the children of a node. */
export type SubrunEvent =
  | { readonly type: 'subrunsAsked'; readonly nodeId: NodeId; readonly what: Asked }
  /** A slice of the items, behind all that are planned. */
  | {
      readonly type: 'childrenPlanned';
      readonly nodeId: NodeId;
      readonly total: number;
      readonly plans: readonly ChildPlan[];
    }
  | {
      readonly type: 'childStarted';
      readonly nodeId: NodeId;
      readonly index: number;
      readonly runId: RunId;
      readonly temporalWorkflowId: string;
    }
  /** A child says what it waits for, that it goes on, or who has ended it early. */
  | {
      readonly type: 'childReported';
      readonly nodeId: NodeId;
      readonly runId: RunId;
      readonly isPaused: boolean;
      readonly gates: readonly ChildGate[];
      readonly endedBy?: string;
    }
  /** A decision was handed down to a child. */
  | {
      readonly type: 'childDecided';
      readonly nodeId: NodeId;
      readonly index: number;
      readonly gateId: string;
    }
  | {
      readonly type: 'childEnded';
      readonly nodeId: NodeId;
      readonly index: number;
      readonly end: ChildEnd;
    }
  /** The host could not do what it was asked for, or the target is refused. */
  | { readonly type: 'subrunsRefused'; readonly nodeId: NodeId; readonly failure: NodeFailure }
  /** What is open is lost to its run, which was reset: it ends, and the node fails. */
  | { readonly type: 'subrunsLost'; readonly nodeId: NodeId; readonly failure: NodeFailure }
  | {
      readonly type: 'childrenPaged';
      readonly nodeId: NodeId;
      readonly count: number;
      readonly text: TextValue;
    };

const TYPES: readonly string[] = [
  'subrunsAsked',
  'childrenPlanned',
  'childStarted',
  'childReported',
  'childDecided',
  'childEnded',
  'subrunsRefused',
  'subrunsLost',
  'childrenPaged',
] satisfies SubrunEvent['type'][];

export function isSubrunEvent<Event extends { readonly type: string }>(
  event: Event,
): event is Event & SubrunEvent {
  return TYPES.includes(event.type);
}

/**
 * The children after one event. S5: the very state that went in comes back for an event that does not fit.
 */
export function evolveSubruns(node: SubrunNode, before: Subruns, event: SubrunEvent): Subruns {
  switch (event.type) {
    case 'childStarted':
      return withChild(before, event.index, 'planned', () => ({
        ...{ status: 'open', runId: event.runId, temporalWorkflowId: event.temporalWorkflowId },
        ...{ isPaused: false, gates: [] },
      }));
    case 'childReported':
      return withReport(before, event);
    case 'childDecided':
      return withChild(before, event.index, 'open', (child) => ({
        ...child,
        isPaused: false,
        gates: child.gates.filter(({ nodeId }) => nodeId !== event.gateId),
      }));
    case 'childEnded':
      return withEnd(node, before, event);
    case 'subrunsLost':
      return before.failure === null ? { ...before, failure: event.failure } : before;
    default:
      return withAnswer(before, event);
  }
}

type HostEvent = Extract<
  SubrunEvent,
  { readonly type: 'subrunsAsked' | 'childrenPlanned' | 'subrunsRefused' | 'childrenPaged' }
>;

/** S2: the host answers the one thing that it was asked. */
function withAnswer(before: Subruns, event: HostEvent): Subruns {
  const { asked } = before;
  if (event.type === 'subrunsAsked') return asked === null ? { ...before, asked: event.what } : before;
  if (event.type === 'childrenPlanned') {
    return asked === 'plan' ? withPlans(before, event.total, event.plans) : before;
  }
  if (event.type === 'childrenPaged') {
    return asked === 'page' ? withPage(before, event.count, event.text) : before;
  }
  return asked === null ? before : { ...before, asked: null, failure: before.failure ?? event.failure };
}

/** What travels to the next execution: plans that nothing has come of are made again. */
export function withoutPlans(subruns: Subruns): Subruns {
  const begun = subruns.children.findIndex(({ status }) => status === 'planned');
  if (begun < 0) return subruns;
  return { ...subruns, children: subruns.children.slice(0, begun) };
}

function withPlans(before: Subruns, total: number, plans: readonly ChildPlan[]): Subruns {
  const planned = plans.map((plan): Child => {
    const end = formerEnd(plan);
    return end === null ? { status: 'planned', plan } : { status: 'ended', end };
  });
  return { ...before, total, asked: null, children: [...before.children, ...planned] };
}

function withReport(
  before: Subruns,
  { runId, isPaused, gates, endedBy }: Extract<SubrunEvent, { type: 'childReported' }>,
): Subruns {
  const offset = before.children.findIndex((child) => child.status === 'open' && child.runId === runId);
  return withChild(before, pagedCount(before) + offset, 'open', (child) => ({
    ...{ ...child, isPaused, gates },
    ...(endedBy === undefined ? {} : { endedBy }),
  }));
}

/** S3: the failure that decides a join is the first that was met, not the first in the list. */
function withEnd(
  node: SubrunNode,
  before: Subruns,
  { index, end: seen }: Extract<SubrunEvent, { type: 'childEnded' }>,
): Subruns {
  const child = childAt(before, index);
  // One that could not be started was never open.
  if (child === null || child.status === 'ended') return before;
  const end = inItsWords(child, seen);
  const after = withChild(before, index, child.status, () => ({ status: 'ended', end }));
  const decides = node.fanOut?.join !== 'all_done' && end.status !== 'completed';
  return decides && before.failure === null ? { ...after, failure: failureOf(node, index, end) } : after;
}

/** Temporal tells that a child was cancelled, and nothing of why. */
function inItsWords(child: Child, end: ChildEnd): ChildEnd {
  if (end.status !== 'cancelled' || child.status !== 'open' || child.endedBy === undefined) return end;
  return { ...end, failure: { ...end.failure, message: child.endedBy } };
}

function failureOf(
  { id, target, fanOut }: SubrunNode,
  index: number,
  end: Exclude<ChildEnd, { status: 'completed' }>,
): NodeFailure {
  const which = fanOut === null ? `sub-run '${target}'` : `sub-run ${index + 1} ('${target}')`;
  const run = end.runId === null ? '' : ` (run ${end.runId})`;
  const how = end.status === 'cancelled' ? 'was cancelled' : 'failed';
  const { code, message } = end.failure;
  return { code, message: `Workflow node '${id}': ${which}${run} ${how}: ${message}` };
}

function withPage(before: Subruns, count: number, text: TextValue): Subruns {
  return {
    ...before,
    asked: null,
    pages: [...before.pages, { count, text }],
    children: before.children.slice(count),
  };
}

function withChild<Status extends Child['status']>(
  before: Subruns,
  index: number,
  status: Status,
  change: (child: Extract<Child, { readonly status: Status }>) => Child,
): Subruns {
  const offset = index - pagedCount(before);
  const child = before.children[offset];
  if (child?.status !== status) return before;
  const after = change(child as Extract<Child, { readonly status: Status }>);
  return { ...before, children: before.children.with(offset, after) };
}
