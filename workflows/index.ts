export { mirror } from './mirror-workflow.js';
export { queue } from './queue-workflow.js';
export { run } from './run-workflow.js';
export { ticket } from './ticket-workflow.js';
