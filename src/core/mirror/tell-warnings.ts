import type { JsonObject } from '../json.js';
import type { Projection } from './project.js';

export interface Warnings {
  readonly workflowName: string;
  /** A sentence each. */
  readonly warnings: readonly string[];
  /** ISO-8601 UTC. */
  readonly at: string;
  /** The same for programs. */
  readonly details?: JsonObject;
}

/** Tells in the mirror what people should know of a run as a whole, as Archon tells warnings. */
export function tellWarnings({ workflowName, warnings, at, details }: Warnings): Projection {
  const data = { workflowName, warnings, ...(details === undefined ? {} : { signalbox: details }) };
  const event = { eventType: 'workflow_parse_warnings', nodeName: null, data, createdAt: at };
  return { events: [event], results: [] };
}
