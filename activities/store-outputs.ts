import type { Activities } from '../src/contract/activities.js';
import type { NodeOutput } from '../src/core/run/task.js';
import type { OutputStore } from '../src/ports/run-files.js';

/** Moves outputs, whole ones and fields, from the history to files, so that a continue-as-new stays small. */
export const makeStoreOutputs =
  (store: OutputStore): Activities['storeOutputs'] =>
  async ({ artifactsDir, outputs }) => {
    const move = async (output: NodeOutput): Promise<NodeOutput> => ({
      text: await store.store(artifactsDir, output.text),
      fields:
        output.fields &&
        (await mapValues(output.fields, async (field) => ({
          ...field,
          text: await store.store(artifactsDir, field.text),
        }))),
    });
    return mapValues(outputs, move);
  };

async function mapValues<From, To>(
  values: Readonly<Record<string, From>>,
  change: (value: From) => Promise<To>,
): Promise<Record<string, To>> {
  const changed = Object.entries(values).map(async ([key, value]) => [key, await change(value)] as const);
  return Object.fromEntries(await Promise.all(changed));
}
