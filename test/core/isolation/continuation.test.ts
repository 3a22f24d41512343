import { describe, expect, it } from 'vitest';
import { continuationMessage, type Continuation } from '../../../src/core/isolation/continuation.js';

const NOTHING: Continuation = {
  story: { branch: 'archon/task-x', commits: '', changes: '', pullRequest: null },
  run: null,
  files: [],
  instruction: 'Mend the tests.',
};

describe('the message of a run that goes on where others have worked', () => {
  it('has its branch and what is to be done, where nothing else is known', () => {
    expect(continuationMessage(NOTHING)).toBe(
      '## Prior Context\n\nBranch: archon/task-x\n\n---\n\n## Your Instruction\n\nMend the tests.',
    );
  });

  it('tells the last run, commits, changes, pull request and what was left', () => {
    const run = { runId: 'r1', workflowName: 'fix', status: 'failed', error: 'no luck' };
    const pullRequest = { number: 7, title: 'Mend it', url: 'https://x/7', state: 'open' } as const;
    const story = { branch: 'b', commits: 'abc one', changes: ' a | 1 +', pullRequest };
    const files = [{ name: 'plan.md', text: '# Plan\n' }];
    expect(continuationMessage({ ...NOTHING, story, run, files })).toBe(`## Prior Context

Branch: b | Last workflow: fix (run r1, failed)

### Why It Failed

\`\`\`
no luck
\`\`\`

### Recent Commits

\`\`\`
abc one
\`\`\`

### Changes from Base

\`\`\`
 a | 1 +
\`\`\`

### Pull Request

**#7** (open): Mend it
https://x/7

### Artifacts

**plan.md**:
\`\`\`
# Plan
\`\`\`

---

## Your Instruction

Mend the tests.`);
  });

  it('stays short whatever was left, and says where something is missing', () => {
    const files = Array.from({ length: 9 }, (_, index) => ({
      name: `${index}.md`,
      text: 'x\n'.repeat(9_000),
    }));
    const message = continuationMessage({ ...NOTHING, files });
    expect(message.length).toBeLessThan(1_000);
    expect(message.match(/x\n…\n```/g)).toHaveLength(5);
    const line = continuationMessage({ ...NOTHING, files: [{ name: 'a.md', text: 'y'.repeat(9_000) }] });
    expect(line.length).toBeLessThan(4_200);
  });

  it('lets no text out of its fence', () => {
    const files = [{ name: 'a.md', text: '````sh\nrm\n````\n' }];
    expect(continuationMessage({ ...NOTHING, files })).toContain('`````\n````sh\nrm\n````\n`````');
  });
});
