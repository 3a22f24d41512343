import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLauncherProcess } from '../../../src/adapters/box/launcher-process.js';
import type { Launcher } from '../../../src/adapters/box/launcher.js';
import { aBoxTask, anOwner, boxContract, EXECUTION } from '../../ports/box.contract.js';
import { eventually } from '../../support/eventually.js';
import { openHostBox } from '../../support/host-boxes.js';
import { launcherEntry } from '../../support/launcher-entry.js';
import { bornWith, isAlive } from '../../support/living-processes.js';
import { tempDirectory } from '../../support/temp-directory.js';
import { bash, shellPrograms } from './programs.js';

let entry: string;
let launcher: Launcher;
beforeAll(() => {
  entry = launcherEntry();
  launcher = makeLauncherProcess(entry);
});
afterAll(() => {
  launcher.shutdown();
});

boxContract('a box of level 3 whose commands a launcher starts', () =>
  openHostBox({ level: 3, launcher }).then((box) => ({
    box,
    programs: shellPrograms,
    directory: tempDirectory(),
  })),
);

const parentOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);

describe('a launcher', () => {
  it('is the parent of what it starts, and gives it none of its own environment', async () => {
    const directory = tempDirectory();
    const task = aBoxTask(directory, {
      runId: 'any',
      argv: bash('env -0 | tr "\\0" "\\n"; echo "PPID=$PPID"'),
    });
    const { ended } = await launcher.start({ ...task, environment: { ONLY: 'this' } }, { MARK: '1' });
    expect(await ended).toEqual({ exitCode: 0, signal: null });
    const said = readFileSync(task.stdoutPath, 'utf8');
    expect(said).toContain('ONLY=this\n');
    expect(said).toContain('MARK=1\n');
    expect(said).not.toContain('NODE_CHANNEL_FD');
    expect(said).not.toContain(`PPID=${process.pid}\n`);
  });

  it('that is killed interrupts its attempts, of which nothing lives on, and another takes its place', async () => {
    const box = await openHostBox({ level: 3, launcher });
    const owner = anOwner();
    const directory = tempDirectory();
    await box.ensureOpen(owner, EXECUTION);
    const task = (script: string) => aBoxTask(directory, { runId: owner.runId, argv: bash(script) });
    let exit: Promise<unknown> = Promise.resolve();
    const pid = await new Promise<number>((resolve) => {
      exit = box.enter(task('setsid sleep 600 & sleep 600'), resolve);
    });
    process.kill(parentOf(pid), 'SIGKILL');
    await expect(exit).rejects.toMatchObject({ code: 'NODE_INTERRUPTED' });
    expect(bornWith(`SIGNALBOX_RUN_ID=${owner.runId}`).filter(isAlive)).toEqual([]);
    expect(await box.enter(task('exit 7'))).toEqual({ exitCode: 7, signal: null });
    await box.close(owner, 0);
  });

  it('dies with its worker, however that dies', async () => {
    const directory = tempDirectory();
    const program = join(directory, 'worker.mjs');
    const modules = join(entry, '../src/adapters/box/launcher-process.js');
    const task = aBoxTask(directory, { runId: 'any', argv: bash('echo $PPID; sleep 600') });
    writeFileSync(
      program,
      `import { makeLauncherProcess } from ${JSON.stringify(modules)};
       setInterval(() => {}, 1000);
       const launcher = makeLauncherProcess(${JSON.stringify(entry)});
       await launcher.start(${JSON.stringify(task)}, {});`,
    );
    const worker = spawn(process.execPath, [program], { stdio: 'ignore' });
    const launcherPid = await eventually(() => {
      const text = readFileSync(task.stdoutPath, 'utf8');
      expect(text).toMatch(/^\d+\n$/);
      return Number(text);
    });
    expect(parentOf(launcherPid)).toBe(worker.pid);
    const [child] = readFileSync(`/proc/${launcherPid}/task/${launcherPid}/children`, 'utf8').split(' ');
    worker.kill('SIGKILL');
    await eventually(() => expect(isAlive(launcherPid)).toBe(false));
    process.kill(Number(child), 'SIGKILL');
  });

  it('refuses what cannot be started with the reason of the system', async () => {
    const task = aBoxTask(tempDirectory(), { runId: 'any', argv: ['/nowhere/program'] });
    await expect(launcher.start(task, {})).rejects.toMatchObject({
      code: 'NODE_UNSTARTABLE',
      message: expect.stringContaining('there is no program /nowhere/program') as string,
    });
  });

  it('ends when it is told to shut down', async () => {
    const own = makeLauncherProcess(entry);
    const task = aBoxTask(tempDirectory(), { runId: 'any', argv: bash('echo $PPID') });
    await (
      await own.start(task, {})
    ).ended;
    const pid = Number(readFileSync(task.stdoutPath, 'utf8'));
    own.shutdown();
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });
});
