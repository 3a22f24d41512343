import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { aBoxTask, anOwner, EXECUTION } from '../../ports/box.contract.js';
import { eventually } from '../../support/eventually.js';
import { OWN_LEVEL } from '../../support/box-host.js';
import { openHostBox } from '../../support/host-boxes.js';
import { isAlive } from '../../support/living-processes.js';
import { tempDirectory } from '../../support/temp-directory.js';
import { openTestBox, type TestBox } from './open-test-box.js';

const GRACE_MS = 10_000;

describe.each([OWN_LEVEL, 3] as const)('a box of level %i', (level) => {
  let test: TestBox;
  beforeEach(async () => {
    test = await openTestBox(level);
    return () => test.finish();
  });

  describe('what leaves its shell', () => {
    it.each([
      ['a background child', 'sleep 1000 & echo $! > pid'],
      ['a child of nohup', 'nohup sleep 1000 > /dev/null 2>&1 & echo $! > pid'],
      ['a child in a session of its own', "setsid bash -c 'echo $$ > pid; exec sleep 1000' & true"],
      [
        'a daemon, forked twice',
        `perl -MPOSIX -e 'exit if fork; setsid; exit if fork; open F, ">pid"; print F "$$\\n"; close F; sleep 1000'`,
      ],
    ])('ends with its attempt: %s', async (_, script) => {
      expect(await test.run(script)).toEqual({ exitCode: 0, signal: null });
      const pid = await test.pidIn('pid');
      expect(isAlive(pid)).toBe(true);
      await test.box.stopAttempt(test.owner, 'build.1', GRACE_MS);
      expect(isAlive(pid)).toBe(false);
    });

    it('ends with its attempt: a child in a PID namespace of its own', async () => {
      await test.run('unshare --user --map-root-user --pid --fork sleep 1000 > /dev/null 2>&1 & true');
      await eventually(() => {
        expect(test.living()).toHaveLength(2);
      });
      await test.box.stopAttempt(test.owner, 'build.1', 50);
      expect(test.living()).toEqual([]);
    });

    it('ends with its attempt, behind walls with its run: an orphan without its environment', async () => {
      const script = `env -i /bin/bash -c 'echo $$ > pid; exec sleep 1000' > /dev/null 2>&1 & true`;
      await test.run(script);
      const pid = await test.pidIn('pid');
      await test.box.stopAttempt(test.owner, 'build.1', GRACE_MS);
      if (level <= 2) await test.box.close(test.owner, GRACE_MS);
      expect(isAlive(pid)).toBe(false);
    });

    it('ends with its attempt: a descendant that dropped environment and session, while its parent lives', async () => {
      const script = `env -i setsid bash -c 'echo $$ > pid; sleep 1000; true' & wait`;
      const exit = test.run(script);
      const pid = await test.pidIn('pid');
      await test.box.stopAttempt(test.owner, 'build.1', GRACE_MS);
      await exit;
      expect(isAlive(pid)).toBe(false);
    });

    it('is found by a box that did not start it', async () => {
      await test.run('setsid sleep 1000 > /dev/null 2>&1 & true');
      await eventually(async () => {
        const { isEmpty, processes } = await (await openHostBox({ level: 3 })).prove(test.owner.runId);
        expect(isEmpty).toBe(false);
        expect(processes.map(({ command }) => command)).toEqual(['sleep 1000']);
      });
    });

    it('P1: is ended before another worker opens the box of the same run', async () => {
      await test.run('setsid sleep 1000 > /dev/null 2>&1 & true');
      const successor = await openHostBox({ level: 3 });
      await successor.ensureOpen(test.owner, EXECUTION);
      expect(test.living()).toEqual([]);
    });
  });

  describe('what will not end', () => {
    it('is killed after the grace, with children that ignore SIGTERM too', async () => {
      const exit = test.run(
        'trap "" TERM; sleep 1000 & (trap "" TERM; sleep 1000) & echo > ready; wait; wait',
      );
      await test.line('ready');
      await eventually(() => {
        expect(test.living().length).toBeGreaterThanOrEqual(3);
      });
      await test.box.stopAttempt(test.owner, 'build.1', 50);
      expect(await exit).toEqual({ exitCode: null, signal: 'SIGKILL' });
      expect(test.living()).toEqual([]);
    });

    it('is caught though each process of it forks the next and ends', async () => {
      const chain = `trap "" TERM; next() { echo > ready; sleep 0.005; next & }; next; true`;
      await test.run(chain);
      await test.line('ready');
      await test.box.stopAttempt(test.owner, 'build.1', 0);
      expect(test.living()).toEqual([]);
    });

    it('has the whole grace for cleaning up', async () => {
      const exit = test.run(
        `trap 'sleep 0.2; echo cleaned > done; exit 7' TERM; echo $$ > pid; sleep 1000 & wait`,
      );
      await test.pidIn('pid');
      await test.box.stopAttempt(test.owner, 'build.1', GRACE_MS);
      expect(await exit).toEqual({ exitCode: 7, signal: null });
      expect(await test.line('done')).toBe('cleaned');
    });

    it('ends politely though it is stopped', async () => {
      const exit = test.run('trap "echo asked > done; exit 0" TERM; echo $$ > pid; kill -STOP $$');
      const pid = await test.pidIn('pid');
      await eventually(() => {
        expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) T /);
      });
      await test.box.stopAttempt(test.owner, 'build.1', GRACE_MS);
      expect(await exit).toMatchObject({ exitCode: 0 });
      expect(await test.line('done')).toBe('asked');
    });
  });

  it('does not wait for a zombie', async () => {
    const reaper = `if (!fork) { $ENV{SIGNALBOX_RUN_ID} = "${test.owner.runId}"; exec "sleep", "1000" } sleep 1000`;
    const parent = spawn('perl', ['-e', reaper], { stdio: 'ignore' });
    await eventually(() => {
      expect(test.living()).toHaveLength(1);
    });
    await (await openHostBox({ level: 3 })).close(test.owner, 0);
    parent.kill('SIGKILL');
  });

  it('stops concurrent attempts independently, whatever their names share', async () => {
    const attempts = ['build.1', 'build.11', 'build'];
    const exits = attempts.map((attemptId) =>
      test.run(`echo $$ > ${attemptId}.pid; setsid sleep 1000 & wait`, attemptId),
    );
    const pids = await Promise.all(attempts.map((attemptId) => test.pidIn(`${attemptId}.pid`)));
    for (const [position, attemptId] of attempts.entries()) {
      await test.box.stopAttempt(test.owner, attemptId, GRACE_MS);
      await exits[position];
      expect(pids.map(isAlive)).toEqual(attempts.map((_, other) => other > position));
    }
  });

  it('leaves processes of other runs alone', async () => {
    const other = await openTestBox(level);
    await other.run('sleep 1000 & true');
    await test.run('sleep 1000 & true');
    await test.box.close(test.owner, GRACE_MS);
    expect(test.living()).toEqual([]);
    expect(other.living()).toHaveLength(1);
    await other.finish();
  });

  it('P2: keeps the boxes of other paths when one opens', async () => {
    await test.run('sleep 1000 & true');
    const other = anOwner();
    await test.box.ensureOpen(other, EXECUTION);
    expect(test.living()).toHaveLength(1);
    await test.box.close(other, 0);
  });

  it('P2: ends what an earlier execution of the same run left', async () => {
    await test.run('sleep 1000 & true');
    await test.box.ensureOpen(anOwner({ ...test.owner, fenceToken: 'after a reset' }), EXECUTION);
    expect(test.living()).toEqual([]);
    expect(await test.run('exit 3')).toMatchObject({ exitCode: 3 });
  });

  it('P3: refuses what would start while it closes, and ends what has just started', async () => {
    const before = test.run('sleep 1000').catch((error: unknown) => error);
    const closing = test.box.close(test.owner, GRACE_MS);
    const during = test.run('sleep 1000', 'late.1').catch((error: unknown) => error);
    await closing;
    expect(await before).toEqual({ exitCode: null, signal: 'SIGTERM' });
    expect(await during).toMatchObject({ code: 'INTERNAL' });
    expect(test.living()).toEqual([]);
  });

  it('makes no file in the place of a directory that is removed while it is locked', async () => {
    const place = tempDirectory();
    const [workingPath, flock] = [join(place, 'tree'), join(place, 'flock')];
    mkdirSync(workingPath);
    const text = `#!/bin/sh\nrmdir '${workingPath}' 2> /dev/null\nexec /usr/bin/flock "$@"\n`;
    writeFileSync(flock, text, { mode: 0o755 });
    const box = await openHostBox({ level, flock });
    const owner = anOwner({ workingPath });
    await box.ensureOpen(owner, EXECUTION);
    expect(existsSync(workingPath)).toBe(false);
    await box.close(owner, 0);
  });

  it('tells which signal ended a command', async () => {
    expect(await test.run('kill -KILL $$')).toEqual({ exitCode: null, signal: 'SIGKILL' });
    expect(await test.run('kill -SEGV $$')).toEqual({ exitCode: null, signal: 'SIGSEGV' });
  });

  it('keeps both outputs apart and in order, however they interleave', async () => {
    const script = 'for i in {1..2000}; do echo "out $i"; echo "err $i" >&2; done';
    const task = test.task(script);
    await test.box.enter(task);
    const lines = (prefix: string): string =>
      Array.from({ length: 2000 }, (_, index) => `${prefix} ${index + 1}\n`).join('');
    expect(readFileSync(task.stdoutPath, 'utf8')).toBe(lines('out'));
    expect(readFileSync(task.stderrPath, 'utf8')).toBe(lines('err'));
  });

  it('gives a command nothing to read, no terminal, and a session of its own', async () => {
    const task = test.task('cat; tty 2>&1; ps -o sid= -p $$; echo $$');
    await test.box.enter(task);
    const [terminal, session, pid] = readFileSync(task.stdoutPath, 'utf8')
      .trim()
      .split(/\s*\n\s*/);
    expect(terminal).toBe('not a tty');
    expect(session).toBe(pid);
  });

  it('leaves no hole when a program opens /dev/stdout anew', async () => {
    const task = test.task('echo before; echo within > /dev/stdout; echo after');
    await test.box.enter(task);
    expect(readFileSync(task.stdoutPath, 'utf8')).toBe('within\nafter\n');
  });

  describe('refuses as NODE_UNSTARTABLE, with a sentence', () => {
    it('names what holds a NUL byte, and never its value', async () => {
      const task = { ...test.task('true'), environment: { PATH: '/bin', TOKEN: 'secret\0value' } };
      await expect(test.box.enter(task)).rejects.toMatchObject({
        code: 'NODE_UNSTARTABLE',
        message:
          'the command cannot be started: no program can be given a NUL byte, and there is one in the environment\'s "TOKEN"; remove it',
      });
    });

    it('a working directory that is gone', async () => {
      const gone = join(test.directory, 'gone');
      mkdirSync(gone);
      rmdirSync(gone);
      await expect(test.box.enter({ ...test.task('true'), workingPath: gone })).rejects.toMatchObject({
        code: 'NODE_UNSTARTABLE',
        message: `the command cannot be started: the directory ${gone} is gone; make it again`,
      });
    });

    it('a program that may not be run', async () => {
      const program = join(test.directory, 'plain.txt');
      writeFileSync(program, 'true');
      chmodSync(program, 0o644);
      await expect(test.box.enter({ ...test.task(''), argv: [program] })).rejects.toMatchObject({
        code: 'NODE_UNSTARTABLE',
        message: expect.stringContaining(`this user may not run ${program}`),
      });
    });

    it('an environment that does not fit', async () => {
      const environment = { HUGE: 'x'.repeat(256 * 1024) };
      await expect(test.box.enter({ ...test.task('true'), environment })).rejects.toMatchObject({
        code: 'NODE_UNSTARTABLE',
        message: expect.stringMatching(/take \d{6} bytes, more than this system gives a program/),
      });
    });

    it('a NUL byte in the environment', async () => {
      const environment = { BROKEN: 'a\0b' };
      await expect(test.box.enter({ ...test.task('true'), environment })).rejects.toMatchObject({
        code: 'NODE_UNSTARTABLE',
      });
    });

    it('an output file that is a link', async () => {
      const task = test.task('echo through');
      writeFileSync(join(test.directory, 'target'), 'kept');
      symlinkSync(join(test.directory, 'target'), task.stderrPath);
      await expect(test.box.enter(task)).rejects.toMatchObject({ code: 'NODE_UNSTARTABLE' });
      expect(readFileSync(join(test.directory, 'target'), 'utf8')).toBe('kept');
    });

    it('and can still be closed', async () => {
      const nowhere = join(test.directory, 'nowhere');
      await expect(test.box.enter({ ...test.task(''), argv: [nowhere] })).rejects.toThrow(nowhere);
      await test.box.close(test.owner, 0);
      const task = aBoxTask(test.directory, { runId: test.owner.runId, argv: ['/bin/true'] });
      await expect(test.box.enter(task)).rejects.toMatchObject({ code: 'INTERNAL' });
    });
  });
});
