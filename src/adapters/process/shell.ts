import { findReferences } from '../../core/expression/reference.js';
import { substitute } from '../../core/expression/substitute.js';
import type { ShellTask } from '../../core/run/task.js';
import type { TextStore } from '../../ports/run-table.js';
import type { Shell } from '../../ports/shell.js';
import { findBash } from './find-program.js';
import { makeAttempts, type AttemptOptions, type Programs } from './run-attempt.js';

export interface ShellOptions extends AttemptOptions {
  readonly texts: Pick<TextStore, 'get'>;
  /** Absolute; null: the first `bash` on the worker's `PATH`. */
  readonly bashPath: string | null;
}

/** Runs bash nodes in the runs' boxes. */
export function makeShell(options: ShellOptions): Shell {
  const { texts, workerEnvironment, bashPath } = options;
  const programs: Programs<ShellTask> = {
    noun: 'Bash node',
    read: async ({ script }) => {
      const bash = findBash(bashPath, workerEnvironment['PATH'] ?? '');
      const text = script.kind === 'inline' ? script.text : await texts.get(script.sha256);
      return {
        references: findReferences(text).map(({ reference }) => reference),
        toCommand: (scope) => ({
          program: substitute(text, 'bash', scope),
          argv: (file) => [bash, file],
        }),
      };
    },
  };
  return { run: makeAttempts(options, programs) };
}
