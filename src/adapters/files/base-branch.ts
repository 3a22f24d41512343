import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRemote } from './git-config.js';
import { findRepository, readTextFile, type GitRepository } from './git-repository.js';

const USUAL_NAMES = ['main', 'master'];

/** Names of all refs, `refs/heads/main` and so on. */
async function listRefs({ commonDirectory }: GitRepository): Promise<ReadonlySet<string>> {
  const loose = await readdir(join(commonDirectory, 'refs'), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  const refs = loose
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(commonDirectory.length + 1));
  const packed = (await readTextFile(join(commonDirectory, 'packed-refs'))) ?? '';
  const packedRefs = [...packed.matchAll(/^[0-9a-f]{40,64} (\S+)$/gm)].map((match) => match[1] ?? '');
  return new Set([...refs, ...packedRefs]);
}

/**
 * What `$BASE_BRANCH` stands for when nobody said: the default branch of the project's remote, else `main` or
 * `master` where the remote or the repository has it, else its only branch.
 * @returns the branch's name without remote; empty when git's files do not tell
 */
export async function detectBaseBranch(workingPath: string): Promise<string> {
  const repository = await findRepository(workingPath);
  if (repository === null) return '';
  const remote = projectRemote(repository.config)?.name ?? 'origin';
  const prefix = `refs/remotes/${remote}/`;
  const head = await readTextFile(join(repository.commonDirectory, prefix, 'HEAD'));
  const target = /^ref: (\S+)\s*$/.exec(head ?? '')?.[1];
  if (target?.startsWith(prefix)) return target.slice(prefix.length);

  const refs = await listRefs(repository);
  const usual = [prefix, 'refs/heads/'].flatMap((place) =>
    USUAL_NAMES.filter((name) => refs.has(place + name)),
  );
  if (usual[0] !== undefined) return usual[0];
  const branches = [...refs].filter((ref) => ref.startsWith('refs/heads/'));
  return branches.length === 1 ? (branches[0] ?? '').slice('refs/heads/'.length) : '';
}
