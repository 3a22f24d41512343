import type { Activities } from '../src/contract/activities.js';
import type { NodeOutput } from '../src/core/run/task.js';
import type { OutputStore } from '../src/ports/run-files.js';

/** Moves outputs, whole ones and fields, from the history to files, so that a continue-as-new stays small. */
export const makeStoreOutputs =
  (store: OutputStore): Activities['storeOutputs'] =>
  ({ artifactsDir, outputs }) =>
    mapValues(outputs, (output) => moveOutput(store, artifactsDir, output));

/** The same output, with everything of it in files. */
export async function moveOutput(
  store: OutputStore,
  artifactsDir: string,
  { text, fields }: NodeOutput,
): Promise<NodeOutput> {
  return {
    text: await store.store(artifactsDir, text),
    fields:
      fields &&
      (await mapValues(fields, async (field) => ({
        ...field,
        text: await store.store(artifactsDir, field.text),
      }))),
  };
}

async function mapValues<From, To>(
  values: Readonly<Record<string, From>>,
  change: (value: From) => Promise<To>,
): Promise<Record<string, To>> {
  const changed = Object.entries(values).map(async ([key, value]) => [key, await change(value)] as const);
  return Object.fromEntries(await Promise.all(changed));
}
