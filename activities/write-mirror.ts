import type { Activities, WriteMirrorInput } from '../src/contract/activities.js';
import type { Executions } from '../src/ports/executions.js';
import type { RunTable } from '../src/ports/run-table.js';
import { standing } from './standing.js';

export interface WriteMirrorPorts {
  readonly table: RunTable;
  readonly executions: Executions;
}

/** One write of the mirror lane. */
export const makeWriteMirror =
  (ports: WriteMirrorPorts): Activities['writeMirror'] =>
  (input) =>
    writeTo(ports, input);

/**
 * Writes under the epoch of the execution that the write comes from.
 * @throws RunError `FENCED` a reset made the execution, and another has taken its place · `RUN_TABLE_UNREACHABLE`
 */
export async function writeTo(
  { table, executions }: WriteMirrorPorts,
  { write, generation }: WriteMirrorInput,
): Promise<void> {
  if (generation === null) return table.write(write);
  const { identity, temporalRunId } = generation;
  const execution = { temporalWorkflowId: identity.temporalWorkflowId, temporalRunId };
  const { epoch } = await table.open(
    { ...generation, row: write.row, events: [], isFirstExecution: false, resumedEpoch: null },
    async () => (await standing(executions, execution)) !== 'overtaken',
  );
  return table.write({ ...write, epoch });
}
