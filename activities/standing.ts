import type { ExecutionName, Executions } from '../src/ports/executions.js';

/**
 * Where an execution stands that wants an epoch: still open; closed, and nothing came after it under its
 * ID; or overtaken by another, which must have the last word.
 */
export async function standing(
  executions: Executions,
  { temporalWorkflowId, temporalRunId }: ExecutionName,
): Promise<'open' | 'closed' | 'overtaken'> {
  const current = await executions.describe(temporalWorkflowId);
  if (current?.temporalRunId !== temporalRunId) return 'overtaken';
  return current.isOpen ? 'open' : 'closed';
}
