import type { NodeId } from '../ids.js';
import type { RunEvent } from './run-state.js';
import { REWORK, TURN } from './turns.js';

/** Where something of a run is: the bodies around it, outermost first. Empty: in the run's own graph. */
export type Place = readonly BodyStep[];

/** One iteration of a loop group. */
export interface BodyStep {
  readonly nodeId: NodeId;
  /** From 1. */
  readonly iteration: number;
}

/** The place inside a group of that place. */
export function inside(place: Place, { nodeId, iteration }: BodyStep): Place {
  return [...place, { nodeId, iteration }];
}

/** As people tell one time from another: `group.node (iteration 2)`, in loops within loops `(iteration 2.1)`. */
export function titleAt(place: Place, nodeId: NodeId): string {
  const iterations = place.map(({ iteration }) => iteration).join('.');
  return iterations === '' ? nodeId : `${nameAt(place, nodeId)} (iteration ${iterations})`;
}

/** An event of that place, as the run's own graph is told of it. */
export function toldFrom(place: Place, event: RunEvent): RunEvent {
  return place.reduceRight<RunEvent>(
    (inner, { nodeId, iteration }) => ({ type: 'inBody', nodeId, iteration, event: inner, at: inner.at }),
    event,
  );
}

/**
 * What people, tables and messages call a node: `group.node` for one in a body. The turns of a `loop` go by its own
 * name, that behind a gate's reject is called `gate:on_reject`.
 */
export function nameAt(place: Place, nodeId: NodeId): NodeId {
  const around = place.map((step) => step.nodeId).join('.');
  if (nodeId === TURN) return around as NodeId;
  if (nodeId === REWORK) return `${around}:on_reject` as NodeId;
  return (place.length === 0 ? nodeId : `${around}.${nodeId}`) as NodeId;
}
