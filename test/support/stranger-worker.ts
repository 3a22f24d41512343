import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';

/** Does something while a worker of somebody else serves `stranger-workflow.ts`, on a queue of its own. */
export async function besideStrangers<Result>(
  environment: TestWorkflowEnvironment,
  work: (taskQueue: string) => Promise<Result>,
): Promise<Result> {
  const taskQueue = `strangers-${randomUUID()}`;
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    namespace: environment.namespace ?? 'default',
    taskQueue,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('stranger-workflow.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    }),
  });
  return worker.runUntil(work(taskQueue));
}
