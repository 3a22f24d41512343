import { withTwoUsers } from '../../support/two-users.js';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeEnvironmentStore } from '../../../src/adapters/files/environment-store.js';
import type { RunError } from '../../../src/core/errors.js';
import { environmentStoreContract } from '../../ports/environment-store.contract.js';
import { tempDirectory } from '../../support/temp-directory.js';

const OWNER = { temporalNamespaceId: 'a-namespace', temporalWorkflowId: 'run.any' };

environmentStoreContract('the directory of environments', () =>
  Promise.resolve(makeEnvironmentStore(join(tempDirectory(), 'home'))),
);

describe('the directory of environments', () => {
  let home: string;
  let runId: string;
  let path: string;
  beforeEach(async () => {
    home = tempDirectory();
    runId = randomUUID();
    path = join(home, 'env', runId);
    await makeEnvironmentStore(home).save(runId, { SECRET: 'a' }, OWNER);
  });
  const load = () => makeEnvironmentStore(home).load(runId);

  it("lays what was left for that over the worker's own", async () => {
    const store = makeEnvironmentStore(home, { PATH: '/bin', FOO: 'worker' });
    await store.save(runId, { FOO: 'config' }, { ...OWNER, isOverWorkers: true });
    expect(await store.load(runId)).toEqual({ PATH: '/bin', FOO: 'config' });
    await store.save(runId, { FOO: 'client' }, OWNER);
    expect(await store.load(runId)).toEqual({ FOO: 'client' });
  });

  it('is closed to others, file by file, and leaves no drafts', () => {
    expect(statSync(join(home, 'env')).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(home, 'env'))).toEqual([runId]);
  });

  it('is closed again when it was found open', async () => {
    chmodSync(join(home, 'env'), 0o777);
    await makeEnvironmentStore(home).save(randomUUID(), {}, OWNER);
    expect(statSync(join(home, 'env')).mode & 0o777).toBe(0o700);
  });

  it('replaces a link in the place of a file, and not what it leads to', async () => {
    const target = join(home, 'target');
    renameSync(path, target);
    symlinkSync(target, path);
    await makeEnvironmentStore(home).save(runId, { SECRET: 'b' }, OWNER);
    expect(await load()).toEqual({ SECRET: 'b' });
    expect(JSON.parse(readFileSync(target, 'utf8'))).toEqual({
      owner: OWNER,
      environment: { SECRET: 'a' },
    });
  });

  /** Puts something else in the place of a file. */
  const replace = (at: string, put: (moved: string) => unknown): void => {
    const moved = `${at}.moved`;
    renameSync(at, moved);
    put(moved);
  };
  const writeContents = (environment: object): void =>
    writeFileSync(path, JSON.stringify({ owner: OWNER, environment }));
  const environments = (): string => join(home, 'env');
  const pipe = (): unknown => execFileSync('mkfifo', ['-m', '600', path]);
  const tampering: readonly [what: string, problem: string, tamper: () => unknown][] = [
    ['a link', 'ELOOP', () => replace(path, (moved) => symlinkSync(moved, path))],
    ['a file with a second name', 'it has a second name', () => linkSync(path, join(home, 'second'))],
    ['a file that others may read', 'others may touch it (mode 644)', () => chmodSync(path, 0o644)],
    ['a directory', 'it is no file', () => replace(path, () => mkdirSync(path, 0o700))],
    ['a pipe', 'it is no file', () => replace(path, pipe)],
    ['half a file', 'it is damaged', () => writeFileSync(path, '{"owner": {"temp')],
    ['a file without an owner', 'it is damaged', () => writeFileSync(path, '{"environment": {}}')],
    ['a file with something else in it', 'it is damaged', () => writeContents({ SECRET: 1 })],
    ['an empty file', 'it is damaged', () => writeFileSync(path, '')],
    ['from a directory that others may enter', '(mode 755)', () => chmodSync(environments(), 0o755)],
    [
      'through a link to the directory',
      'it is no directory',
      () => replace(environments(), (moved) => symlinkSync(moved, environments())),
    ],
  ];
  it.each(tampering)('does not read %s', async (_, problem, tamper) => {
    tamper();
    await expect(load()).rejects.toMatchObject({
      code: 'ENVIRONMENT_UNREADABLE',
      message: expect.stringContaining(problem),
    });
  });

  withTwoUsers(() => {
    it('does not read another user’s file', async () => {
      chownSync(path, 65_534, 65_534);
      await expect(load()).rejects.toMatchObject({
        code: 'ENVIRONMENT_UNREADABLE',
        message: expect.stringContaining('it belongs to user 65534, not 0'),
      });
    });
  });

  it('tells what lies there, for whom and since when', async () => {
    const other = randomUUID();
    const store = makeEnvironmentStore(home);
    await store.save(other, {}, { ...OWNER, temporalWorkflowId: 'run.other' });
    expect(await store.list()).toEqual(
      expect.arrayContaining([
        { runId, owner: OWNER, savedAt: statSync(path).mtime },
        expect.objectContaining({ runId: other, owner: { ...OWNER, temporalWorkflowId: 'run.other' } }),
      ]),
    );
    expect(await makeEnvironmentStore(tempDirectory()).list()).toEqual([]);
  });

  it('tells of nothing that is not ours, damaged, or no environment', async () => {
    const directory = join(home, 'env');
    chmodSync(path, 0o644);
    writeFileSync(join(directory, randomUUID()), '{', { mode: 0o600 });
    symlinkSync(path, join(directory, randomUUID()));
    mkdirSync(join(directory, randomUUID()));
    writeFileSync(join(directory, 'README'), '');
    expect(await makeEnvironmentStore(home).list()).toEqual([]);
  });

  it('removes what a resume has offered when no worker has adopted it for a day', async () => {
    const store = makeEnvironmentStore(home);
    const resume = { runId, startToken: randomUUID() };
    await store.offer(resume, { A: 'a' }, OWNER);
    const offered = Date.now();
    await store.removeDrafts(new Date(offered + 23 * 3_600_000));
    expect(readdirSync(join(home, 'env'))).toContain(`${runId}.${resume.startToken}.resume`);
    await store.removeDrafts(new Date(offered + 25 * 3_600_000));
    expect(readdirSync(join(home, 'env'))).not.toContain(`${runId}.${resume.startToken}.resume`);
  });

  it('refuses a resume whose token is none', async () => {
    const resume = { runId, startToken: '../../elsewhere' };
    const offering = makeEnvironmentStore(home).offer(resume, {}, OWNER);
    await expect(offering).rejects.toMatchObject({ code: 'ENVIRONMENT_UNREADABLE' });
  });

  it('says why an environment cannot be left, and what to do', async () => {
    const file = join(tempDirectory(), 'a-file');
    writeFileSync(file, '');
    await expect(makeEnvironmentStore(file).save(runId, { SECRET: 'value' }, OWNER)).rejects.toSatisfy(
      (error: RunError) =>
        error.code === 'ENVIRONMENT_UNWRITABLE' &&
        error.message.includes(join(file, 'env')) &&
        error.message.includes('ENOTDIR') &&
        !error.message.includes('value'),
    );
  });

  it('removes drafts that nobody finishes, and nothing else', async () => {
    const directory = join(home, 'env');
    const [old, young] = [randomUUID(), randomUUID()].map((id) => join(directory, `${runId}.${id}`));
    for (const file of [old, young, join(directory, 'README'), path]) {
      writeFileSync(file ?? '', '', { mode: 0o600 });
      utimesSync(file ?? '', 1_000, file === young ? 3_000 : 1_000);
    }
    await makeEnvironmentStore(home).removeDrafts(new Date(2_000_000));
    expect(readdirSync(directory).sort()).toEqual([runId, basename(young ?? ''), 'README'].sort());
  });
});
