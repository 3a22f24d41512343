import type { AgentLoopNode, AgentNode, Node } from '../definition/definition.js';
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

/** What is known of an agent beforehand; what its author has not said, its provider decides. */
export function agentData({ prompt, settings }: AgentNode | AgentLoopNode): JsonObject {
  const { provider = null, model = null, effort = null } = settings;
  return { command: prompt.kind === 'command' ? prompt.name : null, provider, model, effort };
}
