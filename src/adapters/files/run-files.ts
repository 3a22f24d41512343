import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RunError } from '../../core/errors.js';
import { isRunId } from '../../core/ids.js';
import type { RunFiles } from '../../ports/run-files.js';
import { projectRemote } from './git-config.js';
import { findRepository } from './git-repository.js';

const MAX_SEGMENT_CHARACTERS = 80;

/** A text as the name of one directory: no separator, never `.` or `..`, not taken for one of ours (`_local`). */
export function toSegment(text: string): string {
  const plain = text.slice(-MAX_SEGMENT_CHARACTERS).replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
  return /^(?:\.{0,2}|_.*)$/s.test(plain) ? `-${plain.slice(1)}` : plain;
}

/** Owner and name of a project: the last two segments of its remote's URL; null: it has fewer. */
export function ownerAndName(url: string): readonly [string, string] | null {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/[?#].*$/s, '');
  const segments = path
    .split(/[/:\\]/)
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
  const [owner, name] = segments.slice(-2).map((segment) => toSegment(segment.replace(/\.git$/, '')));
  return owner === undefined || name === undefined ? null : [owner, name];
}

async function projectDirectory(workingPath: string): Promise<string> {
  const repository = await findRepository(workingPath);
  if (repository === null) return join('_cwd', toSegment(basename(workingPath)));
  const project = ownerAndName(projectRemote(repository.config)?.url ?? '');
  return project === null ? join('_local', toSegment(basename(repository.project))) : join(...project);
}

/**
 * Keeps what runs leave behind where Archon does.
 * @param archonHome absolute; outputs go below its `workspaces`
 */
export function makeRunFiles(archonHome: string): RunFiles {
  return {
    async prepare(workingPath, runId) {
      if (!isRunId(runId)) throw new RunError('INTERNAL', `${JSON.stringify(runId)} is no run id`);
      const outputRoot = join(archonHome, 'workspaces', await projectDirectory(workingPath));
      const directories = {
        outputRoot,
        artifactsDir: join(outputRoot, 'artifacts', 'runs', runId),
        stateDir: join(outputRoot, 'state'),
        logDir: join(outputRoot, 'logs'),
      };
      const { artifactsDir, stateDir, logDir } = directories;
      await Promise.all(
        [artifactsDir, stateDir, logDir].map((path) => mkdir(path, { recursive: true, mode: 0o700 })),
      );
      return directories;
    },
  };
}
