import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Box, BoxExit, BoxOwner, BoxTask } from '../../../src/ports/box.js';
import { aBoxTask, anOwner, EXECUTION } from '../../ports/box.contract.js';
import { eventually } from '../../support/eventually.js';
import { openHostBox } from '../../support/host-boxes.js';
import { bornWith, hostPid, isAlive } from '../../support/living-processes.js';
import { bash } from './programs.js';

/** An open box, and what tests do with it. */
export interface TestBox {
  readonly box: Box;
  readonly owner: BoxOwner;
  readonly directory: string;
  task(script: string, attemptId?: string): BoxTask;
  run(script: string, attemptId?: string): Promise<BoxExit>;
  /** Waits until a file holds a whole line, and gives its content without white space around. */
  line(name: string): Promise<string>;
  /** Waits until a script has written its pid to a file, and gives its number on the host. */
  pidIn(name: string): Promise<number>;
  /** Living processes with the run's marker, found without the box. */
  living(): number[];
  /** Closes the box, and fails when anything of the run is left. */
  finish(): Promise<void>;
}

export async function openTestBox(level: 1 | 2 | 3): Promise<TestBox> {
  const box = await openHostBox({ level });
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-box-'));
  const owner = anOwner({ workingPath: directory });
  await box.ensureOpen(owner, EXECUTION);
  const task = (script: string, attemptId = 'build.1'): BoxTask =>
    aBoxTask(directory, { runId: owner.runId, argv: bash(script), attemptId });
  const line = (name: string): Promise<string> =>
    eventually(() => {
      const text = readFileSync(join(directory, name), 'utf8');
      expect(text).toMatch(/\n$/);
      return text.trim();
    });
  const living = (): number[] => bornWith(`SIGNALBOX_RUN_ID=${owner.runId}`).filter(isAlive);
  return {
    box,
    owner,
    directory,
    task,
    run: (script, attemptId) => box.enter(task(script, attemptId)),
    line,
    pidIn: async (name) => hostPid(owner.runId, Number(await line(name))),
    living,
    async finish() {
      await box.close(owner, 0);
      expect(living()).toEqual([]);
      rmSync(directory, { recursive: true });
    },
  };
}
