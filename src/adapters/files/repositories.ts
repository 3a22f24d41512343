import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Repositories } from '../../ports/worktrees.js';
import { futurePath } from './future-path.js';
import { projectRemote, type GitConfig } from './git-config.js';
import { findRepository, hasDotGit, readTextFile } from './git-repository.js';

/** Repositories of this machine, as their files show them. */
export function makeRepositories(): Repositories {
  return {
    futurePath,
    isBroken: async (directory) => (await hasDotGit(directory)) && (await findRepository(directory)) === null,
    async find(directory, remote) {
      const repository = await findRepository(directory);
      if (repository === null) return null;
      const { project, commonDirectory, config } = repository;
      return {
        directory: await realpath(project),
        remoteUrl: remoteUrl(config, remote),
        worktreeOf: (branch) => worktreeOf(commonDirectory, branch),
      };
    },
  };
}

function remoteUrl(config: GitConfig, remote: string | null): string | null {
  if (remote === null) return projectRemote(config)?.url ?? null;
  return config.get(`remote.${remote}.url`)?.[0] ?? null;
}

async function worktreeOf(commonDirectory: string, branch: string): Promise<string | null> {
  const directory = join(commonDirectory, 'worktrees');
  for (const name of await readdir(directory).catch(() => [])) {
    const head = await readTextFile(join(directory, name, 'HEAD'));
    if (head?.trim() !== `ref: refs/heads/${branch}`) continue;
    const pointer = await readTextFile(join(directory, name, 'gitdir'));
    const place = dirname(resolve(directory, name, (pointer ?? '').trim()));
    const isThere = await stat(join(place, '.git')).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isThere) return realpath(place);
  }
  return null;
}
