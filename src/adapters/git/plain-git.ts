import { execFile } from 'node:child_process';
import { QUIET_GIT, type Git } from './git.js';

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Git as a child of this very process, for what is no run's work. @param program absolute */
export function makePlainGit(program: string, environment: Readonly<Record<string, string>>): Git {
  return (words, directory) =>
    new Promise((resolve) => {
      const options = { cwd: directory, env: { ...environment }, maxBuffer: MAX_OUTPUT_BYTES };
      execFile(program, [...QUIET_GIT, ...words], options, (error, stdout, stderr) => {
        const { code } = error ?? { code: 0 };
        const status = typeof code === 'number' ? code : null;
        resolve({ status, stdout, stderr: stderr === '' && error !== null ? error.message : stderr });
      });
    });
}
