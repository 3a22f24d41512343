import { describe, expect, it } from 'vitest';
import type { PathLocks } from '../../src/client/locks/path-locks.js';
import type { Release, ReleaseRequest } from '../../src/client/locks/release-run.js';
import { RunError } from '../../src/core/errors.js';
import type { PathFacts } from '../../src/core/locks/path-facts.js';
import {
  aLockBox,
  aLockRow,
  anExecution,
  aProcess,
  LOCK_OTHER_RUN,
  LOCK_PATH,
  LOCK_RUN,
  lockFacts,
  SILENT_WORKER,
} from '../support/lock-shapes.js';
import { runFake, useDirectory, type FakeWorld } from './fake-cli.js';

let directory: string;
useDirectory({}, (made) => (directory = made));

const RELEASED: Release = {
  isTerminated: true,
  closedBoxes: 1,
  ended: [aProcess(101), aProcess(102)],
  isProved: true,
  ending: { status: 'cancelled', by: 'me@laptop', reason: 'released by me@laptop' },
};

interface Witnessed {
  readonly world: FakeWorld;
  readonly requests: ReleaseRequest[];
}

function worldOf(paths: readonly PathFacts[], over: Partial<FakeWorld> = {}, release = RELEASED): Witnessed {
  const requests: ReleaseRequest[] = [];
  const locks: PathLocks = {
    list: () => Promise.resolve(paths),
    of: () => Promise.resolve(paths[0]!),
    ofRun: (runId) => Promise.resolve(paths.find(({ execution }) => execution?.runId === runId) ?? null),
    release: (_, request) => {
      requests.push(request);
      return Promise.resolve(release);
    },
  };
  return { requests, world: { directory, services: { locks: () => Promise.resolve(locks) }, ...over } };
}

const jsonOf = (text: string) => JSON.parse(text) as Record<string, unknown>;
const errorOf = (text: string) => jsonOf(text)['error'] as { code: string; message: string };

describe('signalbox locks list', () => {
  it('gives each path a line, with where its layers disagree and what happens next', async () => {
    const left = lockFacts({
      workingPath: '/srv/left',
      execution: anExecution({ isOpen: false, statusName: 'TERMINATED' }),
    });
    const { stdout, exitCode } = await runFake(['locks', 'list'], worldOf([lockFacts(), left]).world);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
      'PATH | RUN | TEMPORAL | ROW | BOX | PROCESSES | STATE',
      `${LOCK_PATH} | 7c1f2a9e | open | running | locked | 1 | ok`,
      '/srv/left | 7c1f2a9e | terminated | running | locked | 1 | terminated in Temporal; its box is closed within 10 s, then its row is written',
      '',
    ]);
  });

  it('names the host of a path that is elsewhere, whose box nobody sees', async () => {
    const far = lockFacts({ place: 'otherHost', hostId: 'far', boxes: [], worker: SILENT_WORKER });
    const { stdout } = await runFake(['locks', 'list'], worldOf([far]).world);
    expect(stdout).toMatch(/^far:\/home\/me\/repo +7c1f2a9e +open +running +\? +0 +host far silent since/m);
  });

  it('gives one object with all facts and the verdict', async () => {
    const { stdout } = await runFake(['locks', 'list', '--json'], worldOf([lockFacts()]).world);
    expect(jsonOf(stdout)).toEqual({
      ok: true,
      paths: [{ ...lockFacts(), kind: 'held', runId: LOCK_RUN, workflow: 'fix-issue', disagreements: [] }],
    });
  });

  it('says that nothing is in use', async () => {
    expect((await runFake(['locks', 'list'], worldOf([]).world)).stdout).toBe('no path is in use\n');
  });
});

describe('signalbox locks show', () => {
  it('shows every layer, and every process with pid, user and command', async () => {
    const { stdout } = await runFake(['locks', 'show', '.'], worldOf([lockFacts()]).world);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'path       /home/me/repo',
      `state      held by run ${LOCK_RUN} (fix-issue)`,
      'temporal   run.68656deb43f8cbb6ed458b5101933cec.me-repo running (execution e1, run 7c1f2a9e)',
      `row        ${LOCK_RUN} fix-issue running, started 2026-11-22 09:02:11 UTC (12m04s)`,
      'box        run 7c1f2a9e, level 1 since 2026-11-22 09:02:12 UTC: locked by 100 (me)',
      'process    101 (me) sleep 600',
      'worker     alive, last heard of 2026-11-22 09:14:10 UTC (5.0s)',
    ]);
  });

  it('takes a whole run id, and says when nothing is known of it', async () => {
    const { world } = worldOf([lockFacts()]);
    expect((await runFake(['locks', 'show', LOCK_RUN], world)).stdout).toContain(LOCK_PATH);
    const unknown = await runFake(['locks', 'show', LOCK_OTHER_RUN, '--json'], world);
    expect(errorOf(unknown.stdout).code).toBe('RUN_NOT_FOUND');
    expect(unknown.exitCode).toBe(64);
  });

  it('commands of processes cannot move the cursor', async () => {
    const facts = lockFacts({ boxes: [aLockBox({ processes: [aProcess(9, 'a\u001b[2Jb')] })] });
    const { stdout } = await runFake(['locks', 'show', '.'], worldOf([facts]).world);
    expect(stdout).toContain('9 (me) a [2Jb');
  });
});

describe('signalbox locks release', () => {
  it('asks, having shown what is there, and releases upon yes', async () => {
    const { world, requests } = worldOf([lockFacts()], { answers: ['yes'] });
    const { exitCode, stdout, stderr, questions } = await runFake(
      ['locks', 'release', LOCK_RUN, '--reason', 'stuck'],
      world,
    );
    expect(exitCode).toBe(0);
    expect(questions).toEqual([expect.stringContaining(`Release run ${LOCK_RUN}?`)]);
    expect(stderr).toContain('process    101 (me) sleep 600');
    expect(stdout).toBe(
      '✓ run 7c1f2a9e released from /home/me/repo: its execution is terminated; its box is closed; 2 processes are gone; its row says cancelled; nothing of it lives\n',
    );
    expect(requests).toEqual([{ runId: LOCK_RUN, by: 'me@laptop', reason: 'stuck', isProvable: true }]);
  });

  it.each([['y'], ['no'], [''], [null]])('releases nothing upon %j', async (answer) => {
    const { world, requests } = worldOf([lockFacts()], { answers: [answer] });
    const { exitCode, stderr } = await runFake(['locks', 'release', LOCK_RUN], world);
    expect([exitCode, requests]).toEqual([64, []]);
    expect(stderr).toContain('(NOT_CONFIRMED)');
  });

  it.each<readonly [title: string, words: readonly string[], code: string, exitCode: number]>([
    ['a path alone', ['.', '--force'], 'USAGE', 64],
    ['the beginning of an id', ['7c1f2a9e', '--force'], 'USAGE', 64],
    ['an id that is none', ['.', '--run', '7c1f2a9e', '--force'], 'USAGE', 64],
    ['two ids', [LOCK_RUN, '--run', LOCK_OTHER_RUN, '--force'], 'USAGE', 64],
    ['another run than the holder', ['.', '--run', LOCK_OTHER_RUN, '--force'], 'NOT_THE_HOLDER', 64],
    ['a run of which nothing is known', [LOCK_OTHER_RUN, '--force'], 'RUN_NOT_FOUND', 64],
    ['nobody there to be asked', [LOCK_RUN], 'NOT_CONFIRMED', 64],
  ])('%s is refused', async (_title, words, code, exitCode) => {
    const { world, requests } = worldOf([lockFacts()]);
    const result = await runFake(['locks', 'release', ...words, '--json'], world);
    expect([errorOf(result.stdout).code, result.exitCode, requests]).toEqual([code, exitCode, []]);
  });

  it('a path alone is refused with the command that names the run', async () => {
    const { stderr } = await runFake(['locks', 'release', '.'], worldOf([lockFacts()]).world);
    expect(stderr).toContain(`signalbox locks release . --run ${LOCK_RUN}`);
  });

  it('a free path has nothing to release', async () => {
    const free = lockFacts({ execution: null, rows: [], boxes: [] });
    const { stdout, exitCode } = await runFake(['locks', 'release', '.', '--json'], worldOf([free]).world);
    expect([errorOf(stdout).code, exitCode]).toEqual(['NOTHING_TO_RELEASE', 1]);
  });

  it('a run of a silent host is released by force, after saying what cannot be proved', async () => {
    const far = lockFacts({ place: 'otherHost', hostId: 'far', boxes: [], worker: SILENT_WORKER });
    const unasked = worldOf([far], { answers: ['yes'] });
    const refused = await runFake(['locks', 'release', LOCK_RUN], unasked.world);
    expect([refused.exitCode, unasked.requests]).toEqual([1, []]);
    expect(refused.stderr).toMatch(/host far, which is silent.*--force.*\(RUN_ELSEWHERE\)/);

    const { world, requests } = worldOf(
      [far],
      {},
      { ...RELEASED, closedBoxes: 0, ended: [], isProved: false },
    );
    const { stderr, stdout } = await runFake(['locks', 'release', LOCK_RUN, '--force'], world);
    expect(stderr).toContain('host far is silent: nothing can be ended there');
    expect(stdout).toContain('whether anything of it lives cannot be proved');
    expect(requests).toMatchObject([{ isProvable: false }]);
  });

  it('says in one object what was done', async () => {
    const { world } = worldOf([lockFacts()]);
    const { stdout } = await runFake(['locks', 'release', LOCK_RUN, '--force', '--json'], world);
    expect(jsonOf(stdout)).toEqual({
      ...{ ok: true, runId: LOCK_RUN, workflow: 'fix-issue', status: 'cancelled', workingPath: LOCK_PATH },
      ...{ temporalWorkflowId: lockFacts().temporalWorkflowId, output: null },
      ...{ isTerminated: true, closedBoxes: 1, isProved: true },
      endedProcesses: [aProcess(101), aProcess(102)],
    });
  });

  it('says what its worker has written, when that was first', async () => {
    const { world } = worldOf([lockFacts()], {}, { ...RELEASED, ending: null });
    const locks = await world.services!.locks!();
    let looks = 0;
    const overtaken: PathLocks = {
      ...locks,
      ofRun: () => {
        looks += 1;
        return Promise.resolve(
          looks === 1 ? lockFacts() : lockFacts({ rows: [aLockRow({ status: 'cancelled' })] }),
        );
      },
    };
    const { stdout } = await runFake(['locks', 'release', LOCK_RUN, '--force', '--json'], {
      ...world,
      services: { locks: () => Promise.resolve(overtaken) },
    });
    expect(jsonOf(stdout)).toMatchObject({ ok: true, status: 'cancelled' });
  });

  it('tells which processes would not go', async () => {
    const { world } = worldOf([lockFacts()]);
    const locks = await world.services!.locks!();
    const stubborn: PathLocks = {
      ...locks,
      release: () => Promise.reject(new RunError('PATH_STILL_OCCUPIED', 'still alive: 9 (root) dd')),
    };
    const { stdout, exitCode } = await runFake(['locks', 'release', LOCK_RUN, '--force', '--json'], {
      ...world,
      services: { locks: () => Promise.resolve(stubborn) },
    });
    expect([errorOf(stdout).code, jsonOf(stdout)['runId'], exitCode]).toEqual([
      'PATH_STILL_OCCUPIED',
      LOCK_RUN,
      75,
    ]);
  });
});
