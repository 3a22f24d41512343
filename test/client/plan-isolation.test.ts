import { describe, expect, it } from 'vitest';
import { planIsolation, type IsolationQuestion } from '../../src/client/plan-isolation.js';
import { startIsolated } from '../../src/client/start-isolated.js';
import type { StartOutcome, StartPlace } from '../../src/client/start-run.js';
import type { HostId, WorkingPath } from '../../src/core/ids.js';
import { DEFAULT_WORKTREE_SETTINGS } from '../../src/core/isolation/worktree-order.js';
import type { Repositories } from '../../src/ports/worktrees.js';
import { NO_REPOSITORIES } from '../support/fake-worktrees.js';

const PLACE: StartPlace = { hostId: 'here' as HostId, uid: 1000, workingPath: '/repo' as WorkingPath };
const GROUND = {
  repository: { directory: '/repo', remoteUrl: 'git@host:acme/widgets' },
  settings: DEFAULT_WORKTREE_SETTINGS,
  archonHome: '/real/archon',
};

/** A machine with one repository, `/home/archon` being a link. */
function machine(worktrees: Readonly<Record<string, string>> = {}): Repositories {
  return {
    find: () =>
      Promise.resolve({
        ...GROUND.repository,
        worktreeOf: (branch) => Promise.resolve(worktrees[branch] ?? null),
      }),
    isBroken: () => Promise.resolve(false),
    futurePath: (path) => Promise.resolve(path.replace('/home/archon', '/real/archon')),
  };
}

const plan = (over: Partial<IsolationQuestion> = {}, repositories = machine()) =>
  planIsolation(
    { repositories, archonHome: '/home/archon' },
    {
      ...{
        place: PLACE,
        definition: { name: 'fix issue' },
        settings: DEFAULT_WORKTREE_SETTINGS,
        options: {},
      },
      ...over,
    },
  );

describe('the place of a run', () => {
  it('is the directory itself, and tells where worktrees of its sub-runs would lie', async () => {
    const places = await plan();
    expect(places.isAutomatic).toBe(false);
    expect(await places.at(0)).toEqual({ ...PLACE, worktrees: GROUND });
  });

  it('is the directory itself without a repository, and on another machine', async () => {
    expect(await (await plan({}, NO_REPOSITORIES)).at(0)).toEqual(PLACE);
    const worker = { hostId: 'there', uid: 1 };
    expect(await (await plan({ options: { worker } })).at(0)).toEqual(PLACE);
    await expect(plan({ options: { worker, isolation: { worktree: true } } })).rejects.toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  it('is never the directory itself where a worktree is meant and its repository cannot be read', async () => {
    const broken: Repositories = { ...NO_REPOSITORIES, isBroken: () => Promise.resolve(true) };
    const settings = { ...DEFAULT_WORKTREE_SETTINGS, isWanted: true };
    const unreadable = expect.objectContaining({
      code: 'WORKTREE_FAILED',
      message: expect.stringContaining('/repo/.git leads to no repository'),
    }) as Error;
    const byDefault = { isolation: { isDefault: true } };
    await expect(plan({ options: byDefault }, broken)).rejects.toThrow(unreadable);
    await expect(plan({ settings }, broken)).rejects.toThrow(unreadable);
    const inPlace = { isolation: { isDefault: true, worktree: false } };
    for (const options of [inPlace, {}]) {
      expect(await (await plan({ options }, broken)).at(0)).toEqual(PLACE);
    }
  });

  it('has the base branch of the caller, else of the config, in the directory itself, too', async () => {
    const settings = { ...DEFAULT_WORKTREE_SETTINGS, baseBranch: 'develop' };
    for (const repositories of [machine(), NO_REPOSITORIES]) {
      expect((await (await plan({ settings }, repositories)).at(0)).baseBranch).toBe('develop');
      const options = { baseBranch: 'next' };
      expect((await (await plan({ settings, options }, repositories)).at(0)).baseBranch).toBe('next');
    }
  });

  it('is a worktree where the config wants one', async () => {
    const settings = { ...DEFAULT_WORKTREE_SETTINGS, isWanted: true };
    expect((await (await plan({ settings })).at(0)).worktree).toBeDefined();
    const options = { isolation: { worktree: false } };
    expect(await (await plan({ settings, options })).at(0)).toEqual({ ...PLACE, worktrees: GROUND });
  });

  it('is a worktree by the real name of its path, called after workflow and time', async () => {
    const places = await plan({ options: { isolation: { worktree: true }, baseBranch: 'dev' } });
    expect(places.isAutomatic).toBe(true);
    const { workingPath, worktree } = await places.at(1_763_856_000_123);
    const branch = 'archon/task-fix-issue-1763856000123';
    expect(workingPath).toBe(`/real/archon/workspaces/acme/widgets/worktrees/${branch}`);
    expect(worktree).toMatchObject({ branch, identifier: 'fix-issue-1763856000123', baseBranch: 'dev' });
  });

  it('is the one that is named, wherever its branch is checked out already', async () => {
    const options = { isolation: { branch: 'Feat/Foo' } };
    const places = await plan({ options }, machine({ 'archon/task-feat-foo': '/elsewhere' }));
    expect(places.isAutomatic).toBe(false);
    expect(await places.at(0)).toMatchObject({
      workingPath: '/elsewhere',
      worktree: { identifier: 'Feat/Foo' },
    });
  });

  it('is refused with an empty name', async () => {
    const places = await plan({ options: { isolation: { branch: ' ' } } });
    await expect(places.at(0)).rejects.toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('a start in a worktree that nobody named', () => {
  const outcome = (kind: 'started' | 'busy'): StartOutcome => ({ admission: { kind } }) as StartOutcome;

  it('takes a later name where somebody has just taken its own, and never waits for it', async () => {
    const places = await plan({ options: { isolation: { worktree: true } } });
    const tried: string[] = [];
    const { admission } = await startIsolated(places, 'wait', ({ workingPath }, onBusy) => {
      tried.push(workingPath);
      expect(onBusy).toBe('fail');
      return Promise.resolve(outcome(tried.length < 3 ? 'busy' : 'started'));
    });
    expect(admission.kind).toBe('started');
    expect(new Set(tried).size).toBe(3);
  });

  it('is told busy where it was named', async () => {
    const places = await plan({ options: { isolation: { branch: 'x' } } });
    const { admission } = await startIsolated(places, 'attach', (_place, onBusy) => {
      expect(onBusy).toBe('attach');
      return Promise.resolve(outcome('busy'));
    });
    expect(admission.kind).toBe('busy');
  });
});
