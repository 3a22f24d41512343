import { mkdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RunError } from '../../core/errors.js';
import { isRunId } from '../../core/ids.js';
import { projectName, toSegment } from '../../core/isolation/project-name.js';
import type { RunFiles } from '../../ports/run-files.js';
import { projectRemote } from './git-config.js';
import { findRepository } from './git-repository.js';

async function projectDirectory(workingPath: string): Promise<string> {
  const repository = await findRepository(workingPath);
  if (repository === null) return join('_cwd', toSegment(basename(workingPath)));
  return join(...projectName(repository.project, projectRemote(repository.config)?.url ?? null));
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
    async findEvidence(artifactsDir) {
      const path = join(artifactsDir, 'evidence.json');
      const found = await stat(path).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      });
      return { isPresent: found?.isFile() === true, path };
    },
  };
}
