import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { ScriptRuntime } from '../../../src/core/definition/definition.js';
import { attemptContract, type AttemptHarness, type TestPrograms } from '../../ports/attempt.contract.js';
import { eventually } from '../../support/eventually.js';
import { scriptEnvironment } from '../../support/script-runtimes.js';
import { openTestShell, type TestShell } from './open-test-shell.js';

const inShell = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const inCode = (text: string): string => JSON.stringify(text);

const BASH: TestPrograms = {
  says: (stdout, stderr = '') => `printf %s ${inShell(stdout)}; printf %s ${inShell(stderr)} >&2`,
  fails: (exitCode, stderr = '') => `printf %s ${inShell(stderr)} >&2; exit ${exitCode}`,
  waits: () => 'touch waiting; sleep 1000',
};

const TYPESCRIPT: TestPrograms = {
  says: (stdout, stderr = '') =>
    `process.stdout.write(${inCode(stdout)}); process.stderr.write(${inCode(stderr)} as string);`,
  fails: (exitCode, stderr = '') =>
    `process.stderr.write(${inCode(stderr)}); process.exitCode = ${exitCode};`,
  waits: () => "await Bun.write('waiting', ''); await new Promise((resolve) => setTimeout(resolve, 1e9));",
};

const PYTHON: TestPrograms = {
  says: (stdout, stderr = '') =>
    `import sys\nsys.stdout.write(${inCode(stdout)})\nsys.stderr.write(${inCode(stderr)})`,
  fails: (exitCode, stderr = '') => `import sys\nsys.stderr.write(${inCode(stderr)})\nsys.exit(${exitCode})`,
  waits: () => "import time\nopen('waiting', 'w').close()\ntime.sleep(1e6)",
};

function harnessOf(test: TestShell, programs: TestPrograms, run: AttemptHarness['run']): AttemptHarness {
  return {
    run,
    programs,
    runId: test.runId,
    directory: test.workingPath,
    waiting: () => eventually(() => expect(existsSync(`${test.workingPath}/waiting`)).toBe(true)),
  };
}

attemptContract('attempts of bash nodes', 'Bash node', async () => {
  const test = await openTestShell();
  return harnessOf(test, BASH, (text, task, signal) =>
    test.shell.run({ ...task, script: { kind: 'inline', text } }, signal),
  );
});

describe.each<[string, ScriptRuntime, TestPrograms]>([
  ['attempts of TypeScript nodes', 'bun', TYPESCRIPT],
  ['attempts of Python nodes', 'uv', PYTHON],
])('', (kind, runtime, programs) => {
  attemptContract(kind, 'Script node', async () => {
    const test = await openTestShell({ workerEnvironment: scriptEnvironment([runtime]) });
    return harnessOf(test, programs, (text, task, signal) => {
      const source = { kind: 'inline', text: { kind: 'inline', text } } as const;
      return test.scripts.run({ ...task, source, runtime, deps: [] }, signal);
    });
  });
});
