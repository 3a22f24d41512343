import type { Node } from '../definition/definition.js';
import type { JsonObject } from '../json.js';
import type { NodeState } from '../run/run-state.js';
import type { EventRow } from './rows.js';

/** What one event of the run writes into the events table. */
export type Entry = Pick<EventRow, 'eventType' | 'nodeName' | 'data'>;

/** Whom an event is about. */
export interface Subject {
  readonly node: Node;
  /** After the event. */
  readonly state: NodeState;
}

export function entry(node: Node, eventType: string, data: JsonObject): Entry {
  return { eventType, nodeName: node.id, data };
}
