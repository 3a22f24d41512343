import type { JsonObject } from '../json.js';
import { phraseTakeOver, type TakenOver } from '../lease/taken-over.js';
import type { Projection } from './project.js';

/** Tells in the mirror that the run has taken its path over from a dead one, as Archon tells warnings. */
export function tellTakeOver(workflowName: string, from: TakenOver, at: string): Projection {
  const takenOver: JsonObject = { ...from };
  const data = { workflowName, warnings: [phraseTakeOver(from)], signalbox: { takenOver } };
  const event = { eventType: 'workflow_parse_warnings', nodeName: null, data, createdAt: at };
  return { events: [event], results: [] };
}
