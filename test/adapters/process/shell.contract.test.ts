import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { shellContract } from '../../ports/shell.contract.js';
import { eventually } from '../../support/eventually.js';
import { openTestShell } from './open-test-shell.js';

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

shellContract('the shell of bash nodes', async () => {
  const test = await openTestShell();
  return {
    shell: test.shell,
    scripts: {
      says: (stdout, stderr = '') => `printf %s ${quoted(stdout)}; printf %s ${quoted(stderr)} >&2`,
      fails: (exitCode, stderr = '') => `printf %s ${quoted(stderr)} >&2; exit ${exitCode}`,
      waits: () => 'touch waiting; sleep 1000',
    },
    runId: test.runId,
    directory: test.workingPath,
    waiting: () => eventually(() => expect(existsSync(`${test.workingPath}/waiting`)).toBe(true)),
  };
});
