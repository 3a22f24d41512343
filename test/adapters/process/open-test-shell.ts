import { mkdirSync, realpathSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { makeEnvironmentStore } from '../../../src/adapters/files/environment-store.js';
import { makeScripts } from '../../../src/adapters/process/scripts.js';
import { makeShell, type ShellOptions } from '../../../src/adapters/process/shell.js';
import { RunError } from '../../../src/core/errors.js';
import type { RunId } from '../../../src/core/ids.js';
import type { AttemptResult, ScriptTask, ShellTask } from '../../../src/core/run/task.js';
import type { Box } from '../../../src/ports/box.js';
import type { EnvironmentStore } from '../../../src/ports/run-files.js';
import type { Scripts } from '../../../src/ports/scripts.js';
import type { Shell } from '../../../src/ports/shell.js';
import { anOwner, EXECUTION } from '../../ports/box.contract.js';
import { aScriptTask, aShellTask } from '../../ports/attempt.contract.js';
import { openHostBox } from '../../support/host-boxes.js';
import { bornWith, isAlive } from '../../support/living-processes.js';
import { tempDirectory } from '../../support/temp-directory.js';

/** What runs programs, over a box of real processes, with one run's box open. */
export interface TestShell {
  readonly shell: Shell;
  readonly scripts: Scripts;
  readonly box: Box;
  readonly environment: EnvironmentStore;
  /** Texts of definitions, by digest. */
  readonly texts: Map<string, string>;
  readonly runId: string;
  readonly workingPath: string;
  readonly artifactsDir: string;
  run(script: string, over?: Partial<ShellTask>, signal?: AbortSignal): Promise<AttemptResult>;
  /** A TypeScript program, if `over` does not say otherwise. */
  runScript(text: string, over?: Partial<ScriptTask>, signal?: AbortSignal): Promise<AttemptResult>;
  /** Files of an attempt. */
  file(name: string, attemptId?: string): string;
  /** Living processes with the run's marker, found without the box. */
  living(): number[];
}

export const WORKER_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', WHO: 'worker' };

/** Closes everything when the test is over, and fails when a process of the run is left. */
export async function openTestShell(over: Partial<ShellOptions> = {}): Promise<TestShell> {
  const place = realpathSync(tempDirectory());
  const workingPath = join(place, 'work here');
  const artifactsDir = join(place, 'artifacts of a run');
  for (const directory of [workingPath, artifactsDir]) mkdirSync(directory);
  const owner = anOwner({ runId: randomUUID(), workingPath });
  const box = await openHostBox({ level: 3 });
  const environment = makeEnvironmentStore(join(place, 'home'));
  const texts = new Map<string, string>();
  const get = (sha256: string): Promise<string> => {
    const text = texts.get(sha256);
    if (text !== undefined) return Promise.resolve(text);
    return Promise.reject(new RunError('TEXT_NOT_STORED', `no text ${sha256} is stored`));
  };
  const options = {
    box,
    texts: { get },
    environment,
    workerEnvironment: { ...WORKER_ENVIRONMENT, HOME: place },
    bashPath: null,
    ...over,
  };
  const shell = makeShell(options);
  const scripts = makeScripts(options);
  const living = (): number[] => bornWith(`SIGNALBOX_RUN_ID=${owner.runId}`).filter(isAlive);
  await box.ensureOpen(owner, EXECUTION);
  onTestFinished(async () => {
    await box.close(owner, 0);
    expect(living()).toEqual([]);
  });
  const common = { runId: owner.runId as RunId, workingPath, artifactsDir };
  return {
    shell,
    scripts,
    box,
    environment,
    texts,
    runId: owner.runId,
    workingPath,
    artifactsDir,
    run: (script, task, signal = new AbortController().signal) =>
      shell.run(aShellTask(script, { ...common, ...task }), signal),
    runScript: (text, task, signal = new AbortController().signal) =>
      scripts.run(aScriptTask(text, { ...common, ...task }), signal),
    file: (name, attemptId = 'build.1') => join(artifactsDir, '.signalbox', 'attempts', attemptId, name),
    living,
  };
}
