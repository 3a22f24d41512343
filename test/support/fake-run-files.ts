import { RunError } from '../../src/core/errors.js';
import { isRunId } from '../../src/core/ids.js';
import type { RunDirectories, RunFiles } from '../../src/ports/run-files.js';

/** Names directories and makes none. */
export function makeFakeRunFiles(): RunFiles & { readonly prepared: ReadonlyMap<string, RunDirectories> } {
  const prepared = new Map<string, RunDirectories>();
  return {
    prepared,
    findEvidence: (artifactsDir) =>
      Promise.resolve({ isPresent: false, path: `${artifactsDir}/evidence.json` }),
    async prepare(workingPath, runId) {
      await Promise.resolve();
      if (!isRunId(runId)) throw new RunError('INTERNAL', `${JSON.stringify(runId)} is no run id`);
      const outputRoot = `/outputs${workingPath}`;
      const directories = {
        outputRoot,
        artifactsDir: `${outputRoot}/artifacts/runs/${runId}`,
        stateDir: `${outputRoot}/state`,
        logDir: `${outputRoot}/logs`,
      };
      prepared.set(runId, directories);
      return directories;
    },
  };
}
