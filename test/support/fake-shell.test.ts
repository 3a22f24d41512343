import { expect } from 'vitest';
import { attemptContract } from '../ports/attempt.contract.js';
import { eventually } from './eventually.js';
import { makeFakeShell, type FakeNode } from './fake-shell.js';
import { tempDirectory } from './temp-directory.js';

const script = (node: FakeNode): string => JSON.stringify(node);

attemptContract('attempts under the fake shell', 'Bash node', () => {
  const shell = makeFakeShell(
    (task) => JSON.parse(task.script.kind === 'inline' ? task.script.text : '') as FakeNode,
  );
  return Promise.resolve({
    run: (program, task, signal) => shell.run({ ...task, script: { kind: 'inline', text: program } }, signal),
    programs: {
      says: (says, stderr = '') => script({ says, stderr }),
      fails: (fails, stderr = '') => script({ fails, stderr }),
      waits: () => script({ waits: true }),
    },
    runId: '0b0e8a1c-5f4f-4a53-8c3b-6f2f7c1d2e3f',
    directory: tempDirectory(),
    waiting: () => eventually(() => expect(shell.tasks).toHaveLength(1)),
  });
});
