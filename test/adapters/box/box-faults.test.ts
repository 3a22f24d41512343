import { withTwoUsers } from '../../support/two-users.js';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RunError } from '../../../src/core/errors.js';
import type { BoxOwner, BoxTask } from '../../../src/ports/box.js';
import { aBoxTask, anOwner, EXECUTION } from '../../ports/box.contract.js';
import {
  directoryOf,
  ORDINARY_UID,
  OWN_LEVEL,
  startBoxHost,
  WALLED,
  type BoxHost,
  type BoxHostOptions,
} from '../../support/box-host.js';
import { eventually } from '../../support/eventually.js';
import { bornWith, initOf, isAlive } from '../../support/living-processes.js';
import { bash } from './programs.js';

/** What leaves its shell in every way that shells know, without its markers too. */
const DAEMONS = [
  'sleep 1000 &',
  'nohup sleep 1000 > /dev/null 2>&1 &',
  'setsid sleep 1000 &',
  'env -i setsid /bin/sleep 1000 > /dev/null 2>&1 &',
  'echo ready; wait',
].join('\n');
const DAEMON_COUNT = 5;

interface Placed {
  readonly host: BoxHost;
  readonly owner: BoxOwner;
  readonly directory: string;
  readonly task: (script: string, attemptId?: string) => BoxTask;
}

/** A worker process with an open box. */
async function openAt(options: BoxHostOptions, over: Partial<BoxOwner> = {}): Promise<Placed> {
  const host = await startBoxHost(options);
  const directory = over.workingPath ?? directoryOf(options.uid);
  const owner = anOwner({ ...over, workingPath: directory });
  await host.box.ensureOpen(owner, EXECUTION);
  return {
    host,
    owner,
    directory,
    task: (script, attemptId = 'build.1') =>
      aBoxTask(directory, { runId: owner.runId, argv: bash(script), attemptId }),
  };
}

const said = (task: BoxTask): Promise<string> =>
  eventually(() => {
    const text = readFileSync(task.stdoutPath, 'utf8');
    expect(text).toMatch(/\n$/);
    return text;
  });

/** Host pids of all that lives in a box, its INIT included; found without the product. */
function livingIn(runId: string): number[] {
  const init = initOf(runId);
  if (init === null) return [];
  const namespace = execFileSync('readlink', [`/proc/${init}/ns/pid`], { encoding: 'utf8' }).trim();
  const listed = execFileSync('bash', [
    '-c',
    'for p in /proc/[0-9]*; do [ "$(readlink $p/ns/pid)" = "$1" ] && echo ${p#/proc/}; done; true',
    'list',
    namespace,
  ]);
  return listed.toString().trim().split('\n').map(Number);
}

/** Neither gone nor a zombie, told without starting a process. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe.each(WALLED)('a box of level $level', (options) => {
  it('is gone with all that lives in it when its worker is killed, and soon', async () => {
    const { host, owner, task } = await openAt(options);
    const daemons = task(DAEMONS);
    void host.box.enter(daemons).catch(() => undefined);
    await said(daemons);
    await eventually(() => {
      expect(livingIn(owner.runId).length).toBeGreaterThanOrEqual(DAEMON_COUNT + 1);
    });
    const living = livingIn(owner.runId);
    const begun = performance.now();
    host.process.kill('SIGKILL');
    while (living.some(isRunning)) {
      expect(performance.now() - begun).toBeLessThan(2_500);
    }
    expect(bornWith(`SIGNALBOX_RUN_ID=${owner.runId}`).filter(isAlive)).toEqual([]);
  });

  it('opens in another worker as soon as the first is killed, with nothing of it alive', async () => {
    const first = await openAt(options);
    const daemons = first.task(DAEMONS);
    void first.host.box.enter(daemons).catch(() => undefined);
    await said(daemons);
    const living = livingIn(first.owner.runId);
    const second = await startBoxHost({ ...options, stateDirectory: first.host.stateDirectory });
    first.host.process.kill('SIGKILL');
    await second.box.ensureOpen(first.owner, EXECUTION);
    expect(living.filter(isAlive)).toEqual([]);
    expect(await second.box.enter(first.task('exit 7', 'next.1'))).toMatchObject({ exitCode: 7 });
    expect(second.logged).toEqual([]);
  });

  it('that a worker of another state directory opens for the same run ends with all that lives in the first', async () => {
    const first = await openAt(options);
    const daemons = first.task(DAEMONS);
    void first.host.box.enter(daemons).catch(() => undefined);
    await said(daemons);
    const living = livingIn(first.owner.runId);
    const second = await startBoxHost(options);
    await second.box.ensureOpen(first.owner, EXECUTION);
    expect(living.filter(isAlive)).toEqual([]);
    await expect(first.host.box.enter(first.task('true', 'next.1'))).rejects.toMatchObject({
      code: 'NODE_INTERRUPTED',
    });
  });

  it('keeps what a node leaves running for the nodes after it, and ends it when the run ends', async () => {
    const { host, owner, task } = await openAt(options);
    await host.box.enter(task('mkfifo door; (trap "" PIPE; while :; do echo served > door; done) & true'));
    expect(await host.box.enter(task('read -r line < door && [ "$line" = served ]', 'use.1'))).toMatchObject({
      exitCode: 0,
    });
    const living = livingIn(owner.runId);
    expect(living.length).toBeGreaterThan(1);
    await host.box.close(owner, 0);
    expect(living.filter(isAlive)).toEqual([]);
  });

  it('has a PID 1 that reaps what loses its parent', async () => {
    const { host, task } = await openAt(options);
    await host.box.enter(task('for i in {1..50}; do (sleep 0.01 &) ; done; sleep 0.3'));
    const looked = task('ps -eo stat= | grep -c Z; true', 'look.1');
    await host.box.enter(looked);
    expect(readFileSync(looked.stdoutPath, 'utf8')).toBe('0\n');
  });

  it('lets 50 MB without a newline through unchanged', async () => {
    const { host, task } = await openAt(options);
    const large = task(`head -c 52428800 /dev/zero | tr '\\0' '\\377'`);
    expect(await host.box.enter(large)).toEqual({ exitCode: 0, signal: null });
    const bytes = readFileSync(large.stdoutPath);
    expect(bytes.length).toBe(52_428_800);
    expect(bytes.every((byte) => byte === 255)).toBe(true);
  });

  it('shows a node nothing that lives outside, and lets it end nothing there', async () => {
    const { host, task } = await openAt(options);
    const outside = host.process.pid;
    const looked = task(
      `kill -KILL ${outside} 2>/dev/null && echo killed; ps -e -o args= | grep '[b]ox-host'; true`,
    );
    await host.box.enter(looked);
    expect(readFileSync(looked.stdoutPath, 'utf8')).toBe('');
    expect(isAlive(outside ?? 0)).toBe(true);
  });

  it('lets a node signal its whole group without ending more than that', async () => {
    const { host, task } = await openAt(options);
    const grouped = task('trap "" TERM; sleep 1000 & kill 0; trap - TERM; echo alive; exit 3');
    expect(await host.box.enter(grouped)).toEqual({ exitCode: 3, signal: null });
  });

  it('gives the loader’s variables to the node alone, not to what lets it in', async () => {
    const { host, task, directory } = await openAt(options);
    const asked = task('echo "$LD_PRELOAD $GREETING"');
    const environment = { ...asked.environment, LD_PRELOAD: join(directory, 'no.so'), GREETING: 'hello' };
    expect(await host.box.enter({ ...asked, environment })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(asked.stdoutPath, 'utf8')).toBe(`${join(directory, 'no.so')} hello\n`);
    expect(readFileSync(asked.stderrPath, 'utf8')).not.toMatch(/nsenter|setsid/);
  });

  it('that is ended from outside interrupts its node, and opens again', async () => {
    const { host, owner, task } = await openAt(options);
    const node = task('echo ready; exec sleep 1000');
    const exit = host.box.enter(node).catch((error: unknown) => error);
    await said(node);
    process.kill(initOf(owner.runId) ?? 0, 'SIGKILL');
    expect(await exit).toMatchObject({ code: 'NODE_INTERRUPTED' });
    await host.box.ensureOpen(owner, EXECUTION);
    expect(await host.box.enter(task('exit 4', 'again.1'))).toMatchObject({ exitCode: 4 });
  });

  it.each(['killed', 'succeeded'])('with a node that is stopped ends when its worker is %s', async (how) => {
    const first = await openAt(options);
    const node = first.task('echo ready; kill -STOP $$');
    void first.host.box.enter(node).catch(() => undefined);
    await said(node);
    const living = livingIn(first.owner.runId);
    await eventually(() => {
      const states = living.map((pid) => readFileSync(`/proc/${pid}/stat`, 'utf8'));
      expect(states.filter((state) => / T /.test(state))).toHaveLength(1);
    });
    const second = await startBoxHost({ ...options, stateDirectory: first.host.stateDirectory });
    if (how === 'killed') first.host.process.kill('SIGKILL');
    else first.host.process.kill('SIGSTOP');
    const next = { ...first.owner, runId: randomUUID(), fenceToken: randomUUID() };
    await second.box.ensureOpen(next, EXECUTION);
    expect(living.filter(isAlive)).toEqual([]);
  });

  it('closes though a node forks without end and ignores SIGTERM', async () => {
    const { host, owner, task } = await openAt(options);
    const bomb = task('trap "" TERM; echo ready; for i in {1..20}; do (while :; do (:); done) & done; wait');
    const exit = host.box.enter(bomb);
    await said(bomb);
    // Its last processes may go with INIT: then its end was not seen, and it counts as interrupted.
    const ending = exit.then(
      ({ exitCode }) => exitCode,
      (error: unknown) => (error as RunError).code,
    );
    await host.box.close(owner, 100);
    expect([null, 'NODE_INTERRUPTED']).toContain(await ending);
    expect(initOf(owner.runId)).toBeNull();
  });
});

describe('two owners of one directory', () => {
  it.each(WALLED)('level $level: the second, of another Temporal, is told who is there', async (options) => {
    const first = await openAt(options);
    const second = await startBoxHost(options);
    const stranger = anOwner({ workingPath: first.directory, temporalNamespaceId: randomUUID() });
    await expect(second.box.ensureOpen(stranger, EXECUTION)).rejects.toMatchObject({
      code: 'LEASE_HELD',
      message: expect.stringContaining(first.owner.runId),
      details: { holder: { temporalNamespaceId: first.owner.temporalNamespaceId } },
    });
    await first.host.box.close(first.owner, 0);
    await second.box.ensureOpen(stranger, EXECUTION);
  });

  withTwoUsers(() => {
    it('two users: the second is told which process of whom is there', async () => {
      const directory = directoryOf(ORDINARY_UID);
      const first = await openAt({ level: 2, uid: ORDINARY_UID }, { workingPath: directory });
      const second = await startBoxHost({ level: OWN_LEVEL });
      const stranger = anOwner({ workingPath: directory, temporalNamespaceId: randomUUID() });
      await expect(second.box.ensureOpen(stranger, EXECUTION)).rejects.toMatchObject({
        code: 'LEASE_HELD',
        message: expect.stringMatching(new RegExp(`process ${initOf(first.owner.runId)} of user nobody`)),
      });
    });

    it('a leftover of a user who is not ours to end is named, with what lives in it', async () => {
      const directory = directoryOf(ORDINARY_UID);
      const first = await openAt({ level: OWN_LEVEL }, { workingPath: directory });
      const sleeper = first.task('echo ready; exec sleep 1000');
      void first.host.box.enter(sleeper).catch(() => undefined);
      await said(sleeper);
      const second = await startBoxHost({ level: 2, uid: ORDINARY_UID });
      const next = { ...first.owner, runId: randomUUID(), fenceToken: randomUUID() };
      await expect(second.box.ensureOpen(next, EXECUTION)).rejects.toMatchObject({
        code: 'PATH_STILL_OCCUPIED',
        details: { processes: expect.arrayContaining([expect.objectContaining({ user: 'root' })]) },
      });
      expect(first.host.process.exitCode).toBeNull();
    });
  });

  it('under another ID of the same Temporal: while that is open it holds the place, afterwards it is ended', async () => {
    const first = await openAt({ level: OWN_LEVEL });
    const second = await startBoxHost({ level: OWN_LEVEL });
    const other = anOwner({ workingPath: first.directory });
    await expect(second.box.ensureOpen(other, EXECUTION)).rejects.toMatchObject({ code: 'LEASE_HELD' });
    await second.temporal({ [first.owner.temporalWorkflowId]: { isOpen: false, temporalRunId: 'any' } });
    await second.box.ensureOpen(other, EXECUTION);
    expect(initOf(first.owner.runId)).toBeNull();
  });

  it('Temporal away: nothing is ended on no answer, and it says so in the end', async () => {
    const first = await openAt({ level: OWN_LEVEL });
    const second = await startBoxHost({ level: OWN_LEVEL });
    const other = anOwner({ workingPath: first.directory });
    await second.temporal({ [first.owner.temporalWorkflowId]: 'away' });
    await expect(second.box.ensureOpen(other, EXECUTION)).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
    });
    expect(initOf(first.owner.runId)).not.toBeNull();
  });

  it('a lock of somebody who does not say for whom is respected', async () => {
    const directory = directoryOf(undefined);
    const words = ['-x', directory, 'sleep', '1000'];
    const holder = spawn('/usr/bin/flock', words, { stdio: 'ignore', detached: true });
    onTestFinished(() => void process.kill(-(holder.pid ?? 0), 'SIGKILL'));
    await eventually(() => {
      expect(readFileSync('/proc/locks', 'utf8')).toContain(` ${holder.pid} `);
    });
    const host = await startBoxHost({ level: OWN_LEVEL });
    await expect(host.box.ensureOpen(anOwner({ workingPath: directory }), EXECUTION)).rejects.toMatchObject({
      code: 'LEASE_HELD',
    });
  });

  it('a dead owner of another Temporal is succeeded, with a warning', async () => {
    const first = await openAt({ level: OWN_LEVEL });
    const second = await startBoxHost({ level: OWN_LEVEL, stateDirectory: first.host.stateDirectory });
    first.host.process.kill('SIGKILL');
    await eventually(() => expect(initOf(first.owner.runId)).toBeNull());
    const stranger = { ...anOwner(), workingPath: first.directory, pathKey: first.owner.pathKey };
    const { runId, temporalWorkflowId, temporalAddress, temporalNamespaceId } = first.owner;
    const opening = second.box.ensureOpen({ ...stranger, temporalNamespaceId: randomUUID() }, EXECUTION);
    expect(await opening).toEqual({
      ...{ runId, temporalWorkflowId, temporalAddress, temporalNamespaceId },
      since: expect.stringMatching(/Z$/),
    });
    expect(second.logged).toEqual([expect.stringContaining('taken over')]);
  });
});

describe('an execution that is not the current one', () => {
  it('opens nothing, ends nothing and leaves no trace', async () => {
    const first = await openAt({ level: OWN_LEVEL });
    const late = { ...first.owner, runId: randomUUID(), fenceToken: randomUUID() };
    await expect(first.host.box.ensureOpen(late, 'an older one')).rejects.toMatchObject({ code: 'FENCED' });
    expect(initOf(first.owner.runId)).not.toBeNull();
    const elsewhere = anOwner({ workingPath: directoryOf(undefined) });
    await first.host.temporal({
      [elsewhere.temporalWorkflowId]: { isOpen: false, temporalRunId: EXECUTION },
    });
    await expect(first.host.box.ensureOpen(elsewhere, EXECUTION)).rejects.toMatchObject({ code: 'FENCED' });
    expect(await first.host.box.list()).toEqual([first.owner]);
  });
});

describe('a directory that changes while a box is open', () => {
  const second = async (owner: BoxOwner): Promise<BoxHost> => {
    const host = await startBoxHost({ level: OWN_LEVEL });
    await expect(host.box.ensureOpen(owner, EXECUTION)).rejects.toMatchObject({ code: 'LEASE_HELD' });
    return host;
  };

  it('renamed: no second box opens on it, and the run is told that its directory is gone', async () => {
    const parent = directoryOf(undefined);
    mkdirSync(join(parent, 'old'));
    const first = await openAt({ level: OWN_LEVEL }, { workingPath: join(parent, 'old') });
    renameSync(join(parent, 'old'), join(parent, 'new'));
    await second(anOwner({ workingPath: join(parent, 'new') }));
    const task = { ...first.task('true'), stdoutPath: join(parent, 'out'), stderrPath: join(parent, 'err') };
    await expect(first.host.box.enter(task)).rejects.toMatchObject({
      code: 'NODE_UNSTARTABLE',
      message: expect.stringContaining('is gone'),
    });
  });

  it('replaced by another: the run does not work in that', async () => {
    const parent = directoryOf(undefined);
    mkdirSync(join(parent, 'place'));
    const first = await openAt({ level: OWN_LEVEL }, { workingPath: join(parent, 'place') });
    renameSync(join(parent, 'place'), join(parent, 'moved'));
    mkdirSync(join(parent, 'place'));
    await expect(first.host.box.enter(first.task('true'))).rejects.toMatchObject({
      code: 'NODE_UNSTARTABLE',
      message: expect.stringContaining('another directory'),
    });
  });

  it('removed and made again: the next run of its ID ends the box before it opens its own', async () => {
    const parent = directoryOf(undefined);
    const place = join(parent, 'place');
    mkdirSync(place);
    const first = await openAt({ level: OWN_LEVEL }, { workingPath: place });
    rmSync(place, { recursive: true });
    mkdirSync(place);
    const host = await startBoxHost({ level: OWN_LEVEL, stateDirectory: first.host.stateDirectory });
    await host.box.ensureOpen({ ...first.owner, runId: randomUUID(), fenceToken: 'next' }, EXECUTION);
    expect(initOf(first.owner.runId)).toBeNull();
  });

  withTwoUsers(() => {
    it('bound to another name by a mount: no second box opens on it', async () => {
      const parent = directoryOf(undefined);
      for (const name of ['one', 'two']) mkdirSync(join(parent, name));
      execFileSync('mount', ['--bind', join(parent, 'one'), join(parent, 'two')]);
      onTestFinished(() => void execFileSync('umount', ['--lazy', join(parent, 'two')]));
      await openAt({ level: OWN_LEVEL }, { workingPath: join(parent, 'one') });
      await second(anOwner({ workingPath: join(parent, 'two') }));
    });
  });

  it('a worktree that git removes, and one that loses its .git: no second box opens on it', async () => {
    const parent = directoryOf(undefined);
    const git = (...words: string[]): void => {
      execFileSync('git', ['-C', join(parent, 'main'), ...words], { stdio: 'ignore' });
    };
    mkdirSync(join(parent, 'main'));
    git('init', '-q');
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'first');
    git('worktree', 'add', '-q', join(parent, 'tree'));
    const first = await openAt({ level: OWN_LEVEL }, { workingPath: join(parent, 'tree') });
    rmSync(join(parent, 'tree', '.git'));
    await second(anOwner({ workingPath: join(parent, 'tree') }));
    writeFileSync(join(parent, 'tree', '.git'), `gitdir: ${join(parent, 'main/.git/worktrees/tree')}\n`);
    git('worktree', 'remove', '--force', join(parent, 'tree'));
    const gone = { ...first.task('true'), stdoutPath: join(parent, 'out'), stderrPath: join(parent, 'err') };
    await expect(first.host.box.enter(gone)).rejects.toMatchObject({ code: 'NODE_UNSTARTABLE' });
    await first.host.box.close(first.owner, 0);
  });
});

describe('level 3', () => {
  it('locks the directory, too', async () => {
    const first = await openAt({ level: 3 });
    const other = await startBoxHost({ level: 3 });
    const stranger = anOwner({ workingPath: first.directory, temporalNamespaceId: randomUUID() });
    await expect(other.box.ensureOpen(stranger, EXECUTION)).rejects.toMatchObject({ code: 'LEASE_HELD' });
  });

  it('ends what a killed worker left running before the next box opens', async () => {
    const first = await openAt({ level: 3 });
    const daemons = first.task('sleep 1000 & setsid sleep 1000 & echo ready; wait');
    void first.host.box.enter(daemons).catch(() => undefined);
    await said(daemons);
    const next = await startBoxHost({ level: 3, stateDirectory: first.host.stateDirectory });
    first.host.process.kill('SIGKILL');
    await next.box.ensureOpen({ ...first.owner, runId: randomUUID(), fenceToken: 'next' }, EXECUTION);
    expect(bornWith(`SIGNALBOX_RUN_ID=${first.owner.runId}`).filter(isAlive)).toEqual([]);
  });
});

describe('what a worker has left', () => {
  it('is listed and evicted by another, and then listed no more', async () => {
    const first = await openAt({ level: OWN_LEVEL });
    const daemons = first.task(DAEMONS);
    void first.host.box.enter(daemons).catch(() => undefined);
    await said(daemons);
    const living = livingIn(first.owner.runId);
    const other = await startBoxHost({ level: OWN_LEVEL, stateDirectory: first.host.stateDirectory });
    expect(await other.box.list()).toEqual([first.owner]);
    expect((await other.box.prove(first.owner.runId)).isEmpty).toBe(false);
    await other.box.evict({ ...first.owner, fenceToken: 'of another generation' }, 0);
    expect(initOf(first.owner.runId)).not.toBeNull();
    await other.box.evict(first.owner, 0);
    expect(living.filter(isAlive)).toEqual([]);
    expect(await other.box.list()).toEqual([]);
    expect(await other.box.prove(first.owner.runId)).toEqual({ isEmpty: true, processes: [] });
  });

  it('is ended when the run that it belongs to is closed by another', async () => {
    const first = await openAt({ level: OWN_LEVEL });
    const other = await startBoxHost({ level: OWN_LEVEL, stateDirectory: first.host.stateDirectory });
    await other.box.close(first.owner, 0);
    expect(initOf(first.owner.runId)).toBeNull();
    expect(await other.box.list()).toEqual([]);
  });
});

it('the owner record counts boxes up, and says when each was closed', async () => {
  const { host, owner } = await openAt({ level: OWN_LEVEL });
  const record = (): unknown[] =>
    readFileSync(join(host.stateDirectory, 'box', `${owner.pathKey}.json`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  await host.box.enter(aBoxTask(owner.workingPath, { runId: owner.runId, argv: bash('true') }));
  expect(record()).toEqual([
    expect.objectContaining({ ...owner, fenceNumber: 1, level: OWN_LEVEL, version: 1 }),
  ]);
  await host.box.close(owner, 0);
  expect(record()).toEqual([expect.anything(), { closedAt: expect.any(String) }]);
  await host.box.ensureOpen(owner, EXECUTION);
  await host.box.enter(aBoxTask(owner.workingPath, { runId: owner.runId, argv: bash('true') }));
  expect(record()).toEqual([expect.objectContaining({ fenceNumber: 2 })]);
});
