export { createWorker, type CreateWorkerOptions, type RunningWorker } from './create-worker.js';
