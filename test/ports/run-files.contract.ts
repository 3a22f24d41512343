import { randomUUID } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RunFiles } from '../../src/ports/run-files.js';

export interface RunFilesHarness {
  readonly files: RunFiles;
  /** Two directories of different projects. */
  readonly workingPaths: readonly [string, string];
}

/** What every keeper of run files does. */
export function runFilesContract(kind: string, makeHarness: () => Promise<RunFilesHarness>): void {
  describe(`${kind} keeps the contract of run files`, () => {
    let harness: RunFilesHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });

    it('names absolute directories below the output root', async () => {
      const { files, workingPaths } = harness;
      const { outputRoot, ...inside } = await files.prepare(workingPaths[0], randomUUID());
      expect(isAbsolute(outputRoot)).toBe(true);
      for (const directory of Object.values(inside))
        expect(directory.startsWith(`${outputRoot}/`)).toBe(true);
    });

    it('gives each run its own artifacts, and all runs of a project one state', async () => {
      const { files, workingPaths } = harness;
      const [one, other] = [randomUUID(), randomUUID()];
      const first = await files.prepare(workingPaths[0], one);
      const second = await files.prepare(workingPaths[0], other);
      expect(first.artifactsDir).toBe(`${first.outputRoot}/artifacts/runs/${one}`);
      expect(second.artifactsDir).toBe(`${first.outputRoot}/artifacts/runs/${other}`);
      expect(second.stateDir).toBe(first.stateDir);
    });

    it('keeps projects apart', async () => {
      const { files, workingPaths } = harness;
      const runId = randomUUID();
      const first = await files.prepare(workingPaths[0], runId);
      const second = await files.prepare(workingPaths[1], runId);
      expect(second.stateDir).not.toBe(first.stateDir);
    });

    it('may be asked again', async () => {
      const { files, workingPaths } = harness;
      const runId = randomUUID();
      const first = await files.prepare(workingPaths[0], runId);
      expect(await files.prepare(workingPaths[0], runId)).toEqual(first);
    });

    it.each(['', '..', '../../etc', 'not-a-uuid'])('refuses %j as a run id', async (runId) => {
      await expect(harness.files.prepare(harness.workingPaths[0], runId)).rejects.toMatchObject({
        code: 'INTERNAL',
      });
    });
  });
}
