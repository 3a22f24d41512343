export { mirror } from './mirror-workflow.js';
export { run } from './run-workflow.js';
