import type { Activities } from '../src/contract/activities.js';
import { agentsUnsupported } from '../src/core/run/require-no-agents.js';

/** No host performs turns yet; a run that needs one comes here only if a newer worker has opened it. */
export const refuseTurn: Activities['runTurn'] = ({ task }) =>
  Promise.reject(agentsUnsupported(`of run ${task.runId}`, [task.nodeId]));
