import type { Activities } from '../src/contract/activities.js';
import type { OutputStore } from '../src/ports/run-files.js';

/** Moves outputs from the history to files, so that a continue-as-new stays small. */
export const makeStoreOutputs =
  (outputs: OutputStore): Activities['storeOutputs'] =>
  async (input) => {
    const stored = Object.entries(input.outputs).map(
      async ([nodeId, output]) =>
        [nodeId, { ...output, text: await outputs.store(input.artifactsDir, nodeId, output.text) }] as const,
    );
    return Object.fromEntries(await Promise.all(stored));
  };
