import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { RunError } from '../../src/core/errors.js';
import type { Box, BoxExit, BoxOwner, BoxTask } from '../../src/ports/box.js';
import { eventually } from '../support/eventually.js';

type Argv = BoxTask['argv'];

/** Programs that a box of the kind under test can run. Those that wait say `ready` first. */
export interface BoxPrograms {
  says(stdout: string, stderr: string): Argv;
  exitsWith(exitCode: number): Argv;
  /** Prints its environment, one `NAME=value` per line. */
  printsEnvironment(): Argv;
  /** Waits until SIGTERM. */
  waits(): Argv;
  /** Waits until SIGKILL. */
  waitsStubbornly(): Argv;
  /** Ends at once; a child of it waits on, and holds its output open. */
  leavesChild(): Argv;
  missing(): Argv;
}

export interface BoxHarness {
  readonly box: Box;
  readonly programs: BoxPrograms;
  /** An empty directory. */
  readonly directory: string;
}

/** The execution on whose behalf boxes are opened here. */
export const EXECUTION = '2f6c1a5e-0000-4000-8000-000000000000';

export function anOwner(owner: Partial<BoxOwner> = {}): BoxOwner {
  const runId = owner.runId ?? randomUUID();
  const pathKey = owner.pathKey ?? runId.replaceAll('-', '');
  return {
    runId,
    workingPath: `/home/me/${runId}`,
    pathKey,
    temporalWorkflowId: `run.${pathKey}.me-repo`,
    temporalAddress: 'localhost:7233',
    temporalNamespaceId: 'c2f0f6b4-6d2e-4d5c-9e0a-111111111111',
    fenceToken: randomUUID(),
    ...owner,
  };
}

export function aBoxTask(
  directory: string,
  task: Partial<BoxTask> & Pick<BoxTask, 'runId' | 'argv'>,
): BoxTask {
  const attemptId = task.attemptId ?? 'build.1';
  return {
    attemptId,
    workingPath: directory,
    environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    stdoutPath: join(directory, `${attemptId}.stdout`),
    stderrPath: join(directory, `${attemptId}.stderr`),
    ...task,
  };
}

/** What every box does, whatever it is made of. */
export function boxContract(kind: string, makeHarness: () => Promise<BoxHarness>): void {
  describe(`${kind} keeps the contract of a box`, () => {
    let harness: BoxHarness;
    let owner: BoxOwner;
    const task = (argv: Argv, attemptId = 'build.1'): BoxTask =>
      aBoxTask(harness.directory, { runId: owner.runId, argv, attemptId });
    const ready = (attemptId = 'build.1'): Promise<void> =>
      eventually(() => {
        expect(readFileSync(join(harness.directory, `${attemptId}.stdout`), 'utf8')).toBe('ready\n');
      });

    beforeEach(async () => {
      harness = await makeHarness();
      owner = anOwner({ workingPath: harness.directory });
      return async () => {
        await harness.box.close({ ...owner, temporalRunId: EXECUTION }, 0);
      };
    });

    it('says its level', () => {
      expect([1, 2, 3, 4]).toContain(harness.box.level);
    });

    it('refuses a command before it is open', async () => {
      const { box, programs } = harness;
      await expect(box.enter(task(programs.exitsWith(0)))).rejects.toThrow(RunError);
    });

    it('opens for several nodes at once and again', async () => {
      const { box, programs } = harness;
      await Promise.all([box.ensureOpen(owner, EXECUTION), box.ensureOpen(owner, EXECUTION)]);
      await box.ensureOpen(owner, EXECUTION);
      expect(await box.enter(task(programs.exitsWith(0)))).toEqual({ exitCode: 0, signal: null });
    });

    it.each([0, 1, 75])('tells exit code %i', async (exitCode) => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      expect(await box.enter(task(programs.exitsWith(exitCode)))).toEqual({ exitCode, signal: null });
    });

    it('puts what a command says into its two files, readable by their owner alone', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      const said = task(programs.says('out\n', 'err\n'));
      await box.enter(said);
      expect(readFileSync(said.stdoutPath, 'utf8')).toBe('out\n');
      expect(readFileSync(said.stderrPath, 'utf8')).toBe('err\n');
      expect(statSync(said.stdoutPath).mode & 0o777).toBe(0o600);
      expect(statSync(said.stderrPath).mode & 0o777).toBe(0o600);
    });

    it('empties files that are there already', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      const said = task(programs.says('new', ''));
      writeFileSync(said.stdoutPath, 'older and longer');
      const { uid, gid } = statSync(harness.directory);
      chownSync(said.stdoutPath, uid, gid);
      await box.enter(said);
      expect(readFileSync(said.stdoutPath, 'utf8')).toBe('new');
    });

    it('gives a command the environment of its task and the markers, and nothing else', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      const asked = {
        ...task(programs.printsEnvironment()),
        environment: { GREETING: 'hello world', SIGNALBOX_RUN_ID: 'of an outer run', SIGNALBOX_ATTEMPT: 'x' },
      };
      await box.enter(asked);
      expect(readFileSync(asked.stdoutPath, 'utf8').trim().split('\n').sort()).toEqual([
        'GREETING=hello world',
        'SIGNALBOX_ATTEMPT=build.1',
        `SIGNALBOX_RUN_ID=${owner.runId}`,
      ]);
    });

    it('tells once that a command has started, before it tells how it ended', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      const told: (number | 'ended')[] = [];
      await box.enter(task(programs.exitsWith(0)), (pid) => told.push(pid)).then(() => told.push('ended'));
      expect(told).toEqual([expect.any(Number), 'ended']);
    });

    it('refuses a program that is missing as NODE_UNSTARTABLE', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      await expect(box.enter(task(programs.missing()))).rejects.toMatchObject({ code: 'NODE_UNSTARTABLE' });
    });

    it('ends a command politely when its attempt is stopped', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      const exit = box.enter(task(programs.waits()));
      await ready();
      await box.stopAttempt(owner, 'build.1', 10_000);
      expect(await exit).toEqual({ exitCode: null, signal: 'SIGTERM' });
    });

    it('kills a command that is still there after the grace', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      const exit = box.enter(task(programs.waitsStubbornly()));
      await ready();
      await box.stopAttempt(owner, 'build.1', 50);
      expect(await exit).toEqual({ exitCode: null, signal: 'SIGKILL' });
    });

    it('stops one attempt and leaves the others', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      const exits = ['build.1', 'test.1'].map((attemptId) => box.enter(task(programs.waits(), attemptId)));
      await Promise.all([ready('build.1'), ready('test.1')]);
      await box.stopAttempt(owner, 'build.1', 10_000);
      await exits[0];
      expect((await box.prove(owner.runId)).isEmpty).toBe(false);
      await box.close(owner, 10_000);
      expect(await exits[1]).toMatchObject({ signal: 'SIGTERM' });
    });

    it('stops what is below a name, but what is below a name that is spared', async () => {
      const { box, programs, directory } = harness;
      const named = (file: string, attemptId: string): BoxTask => ({
        ...task(programs.waits(), attemptId),
        ...{ stdoutPath: join(directory, `${file}.stdout`), stderrPath: join(directory, `${file}.stderr`) },
      });
      await box.ensureOpen(owner, EXECUTION);
      const old = box.enter(named('old', 'sub/build.1'));
      const young = box.enter(named('young', 'sub/second/build.1'));
      await Promise.all(['old', 'young'].map(ready));
      await box.stopAttempt(owner, 'sub', 10_000, 'sub/second');
      expect(await old).toMatchObject({ signal: 'SIGTERM' });
      expect((await box.prove(owner.runId)).isEmpty).toBe(false);
      await box.stopAttempt(owner, 'sub/build.1', 10_000);
      expect((await box.prove(owner.runId)).isEmpty).toBe(false);
      await box.close(owner, 10_000);
      expect(await young).toMatchObject({ signal: 'SIGTERM' });
    });

    it('stops every attempt below a name, and no other', async () => {
      const { box, programs, directory } = harness;
      const named = (file: string, attemptId: string): BoxTask => ({
        ...task(programs.waits(), attemptId),
        ...{ stdoutPath: join(directory, `${file}.stdout`), stderrPath: join(directory, `${file}.stderr`) },
      });
      await box.ensureOpen(owner, EXECUTION);
      const names = { first: 'sub/build.1', second: 'sub/test.1', other: 'subs/build.1' };
      const exits = Object.entries(names).map(([file, attemptId]) => box.enter(named(file, attemptId)));
      await Promise.all(Object.keys(names).map(ready));
      await box.stopAttempt(owner, 'sub', 10_000);
      for (const exit of exits.slice(0, 2)) expect(await exit).toMatchObject({ signal: 'SIGTERM' });
      expect((await box.prove(owner.runId)).isEmpty).toBe(false);
      await box.close(owner, 10_000);
      expect(await exits[2]).toMatchObject({ signal: 'SIGTERM' });
    });

    it('stops an attempt that was just about to start', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      const exit = box.enter(task(programs.waits()));
      await box.stopAttempt(owner, 'build.1', 10_000);
      expect(await exit).toMatchObject({ exitCode: null });
    });

    it('tells the end of a command whose child holds its output open, and ends that child on closing', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      expect(await box.enter(task(programs.leavesChild()))).toEqual({ exitCode: 0, signal: null });
      const proof = await box.prove(owner.runId);
      expect(proof.isEmpty).toBe(false);
      expect(proof.processes[0]).toMatchObject({ pid: expect.any(Number), command: expect.any(String) });
      await box.close(owner, 10_000);
      expect(await box.prove(owner.runId)).toEqual({ isEmpty: true, processes: [] });
    });

    it('closes what is absent, and twice', async () => {
      const { box } = harness;
      expect(await box.close(anOwner(), 0)).toBe('closed');
      await box.ensureOpen(owner, EXECUTION);
      await Promise.all([box.close(owner, 0), box.close(owner, 0)]);
      expect(await box.prove(owner.runId)).toEqual({ isEmpty: true, processes: [] });
    });

    it('refuses commands once it is closed, until it is opened again', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      await box.close(owner, 0);
      await expect(box.enter(task(programs.exitsWith(0)))).rejects.toThrow(RunError);
      await box.ensureOpen(owner, EXECUTION);
      expect(await box.enter(task(programs.exitsWith(0)))).toMatchObject({ exitCode: 0 });
    });

    it('lets nothing of an earlier execution live when the next opens under its ID', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      const exit = box.enter(task(programs.waits()));
      await ready();
      const next = { ...owner, runId: randomUUID(), fenceToken: randomUUID() };
      await box.ensureOpen(next, EXECUTION);
      expect(await exit).toMatchObject({ exitCode: null });
      expect((await box.prove(owner.runId)).isEmpty).toBe(true);
      await box.close(next, 0);
    });

    it('lists the owners of boxes until they are closed', async () => {
      const { box } = harness;
      const listed = async (): Promise<unknown> =>
        (await box.list()).filter(({ runId }) => runId === owner.runId);
      expect(await listed()).toEqual([]);
      await box.ensureOpen(owner, EXECUTION);
      expect(await listed()).toEqual([owner]);
      await box.close(owner, 0);
      expect(await listed()).toEqual([]);
    });

    it('ends all that lives when an owner is evicted, and lists it no more', async () => {
      const { box, programs } = harness;
      await box.ensureOpen(owner, EXECUTION);
      const exit = box.enter(task(programs.waits()));
      await ready();
      await box.evict(owner, 10_000);
      expect(await exit).toMatchObject({ signal: 'SIGTERM' });
      expect((await box.prove(owner.runId)).isEmpty).toBe(true);
      expect((await box.list()).map(({ runId }) => runId)).not.toContain(owner.runId);
    });

    describe('once the next generation of the run has its box', () => {
      const LATE = 'an execution that is over';
      let next: BoxOwner;
      let exit: Promise<BoxExit>;
      beforeEach(async () => {
        const { box, programs } = harness;
        await box.ensureOpen(owner, EXECUTION);
        next = { ...owner, fenceToken: randomUUID() };
        await box.ensureOpen(next, EXECUTION);
        exit = box.enter({ ...task(programs.waits()), fenceToken: next.fenceToken });
        await ready();
        return async () => {
          expect(await box.close(next, 10_000)).toBe('closed');
          expect(await exit).toMatchObject({ signal: 'SIGTERM' });
        };
      });

      it('is left alone by a late close of the one before, which is told so', async () => {
        const { box } = harness;
        expect(await box.close({ ...owner, temporalRunId: LATE }, 0)).toBe('superseded');
        expect(await box.close(owner, 0)).toBe('superseded');
        expect((await box.prove(owner.runId)).isEmpty).toBe(false);
        expect(await box.list()).toContainEqual(next);
      });

      it('is closed by one that is the current one by then, though it never had a box', async () => {
        const { box } = harness;
        const newest = { ...owner, fenceToken: randomUUID(), temporalRunId: EXECUTION };
        expect(await box.close(newest, 10_000)).toBe('closed');
        expect((await box.prove(owner.runId)).isEmpty).toBe(true);
      });

      it('keeps an attempt that has the name of one that the one before ends', async () => {
        const { box } = harness;
        await box.stopAttempt(owner, 'build.1', 0);
        expect((await box.prove(owner.runId)).isEmpty).toBe(false);
      });

      it('lets no command of the one before in', async () => {
        const { box, programs } = harness;
        const late = { ...task(programs.exitsWith(0), 'late.1'), fenceToken: owner.fenceToken };
        await expect(box.enter(late)).rejects.toMatchObject({ code: 'NODE_INTERRUPTED' });
      });
    });

    it('evicts nobody who came after the owner that is meant', async () => {
      const { box, programs } = harness;
      const next = { ...owner, fenceToken: 'of the next execution' };
      await box.ensureOpen(next, EXECUTION);
      const exit = box.enter(task(programs.waits()));
      await ready();
      await box.evict(owner, 10_000);
      expect((await box.prove(owner.runId)).isEmpty).toBe(false);
      await box.close(next, 10_000);
      expect(await exit).toMatchObject({ signal: 'SIGTERM' });
    });
  });
}
