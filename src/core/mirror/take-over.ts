import { phraseTakeOver, type TakenOver } from '../lease/taken-over.js';
import type { Projection } from './project.js';
import { tellWarnings } from './tell-warnings.js';

/** Tells in the mirror that the run has taken its path over from a dead one. */
export function tellTakeOver(workflowName: string, from: TakenOver, at: string): Projection {
  const details = { takenOver: { ...from } };
  return tellWarnings({ workflowName, warnings: [phraseTakeOver(from)], at, details });
}
