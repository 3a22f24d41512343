import { makeContinueAsNewFunc, proxyActivities } from '@temporalio/workflow';

/** Somebody else's workflow, which would have our host run a command. */
export async function stranger(taskQueue: string): Promise<unknown> {
  const { runShell } = proxyActivities<{ runShell: (input: unknown) => Promise<unknown> }>({
    taskQueue,
    startToCloseTimeout: '10s',
    retry: { maximumAttempts: 1 },
  });
  return runShell({ owner: { runId: 'stolen' }, task: { script: { kind: 'inline', text: 'rm -rf /' } } });
}

/** Hands a run on, as a worker of another version would. */
export async function predecessor(taskQueue: string, request: unknown, carried: unknown): Promise<unknown> {
  return makeContinueAsNewFunc({ workflowType: 'run', taskQueue })(request, carried);
}
