import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  automaticIdentifier,
  childIdentifier,
  taskBranch,
} from '../../../src/core/isolation/worktree-name.js';

describe('the branch of a task', () => {
  it.each([
    ['feat/foo', 'archon/task-feat-foo'],
    ['feat-foo', 'archon/task-feat-foo'],
    ['Fix Issue #42', 'archon/task-fix-issue-42'],
    ['fix-issue-1763856000000', 'archon/task-fix-issue-1763856000000'],
    ['--x--', 'archon/task-x'],
    ['../../etc', 'archon/task-etc'],
    ['a'.repeat(60), `archon/task-${'a'.repeat(50)}`],
    [`${'a'.repeat(49)}-b`, `archon/task-${'a'.repeat(49)}`],
    ['разное', 'archon/task-92a86316'],
  ])('%j is %s', (identifier, branch) => {
    expect(taskBranch(identifier)).toBe(branch);
  });

  it('is a name that git and every file system take, whatever the task is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (identifier) => {
        expect(taskBranch(identifier)).toMatch(/^archon\/task-[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$/);
      }),
    );
  });
});

describe('a task that nobody named', () => {
  it('is called after its workflow and the time', () => {
    expect(automaticIdentifier('fix-issue', 1_763_856_000_123)).toBe('fix-issue-1763856000123');
    expect(automaticIdentifier('Fix issue', 1_763_856_000_123)).toBe('fix-issue-1763856000123');
  });

  it('keeps its time in its branch, however long its workflow is called', () => {
    const branch = taskBranch(automaticIdentifier('w'.repeat(100), 1_763_856_000_123));
    expect(branch).toBe(`archon/task-${'w'.repeat(36)}-1763856000123`);
  });
});

describe('a sub-run with a worktree of its own', () => {
  const parentRunId = '7c1f2a9e-0000-4000-8000-000000000000';

  it('is called after parent, node and item', () => {
    const identifier = childIdentifier({ parentRunId, nodeId: 'Implement every package', index: 3 });
    expect(identifier).toMatch(/^7c1f2a9e-implement-every-[0-9a-f]{8}-child-3$/);
    expect(taskBranch(identifier)).toBe(`archon/task-${identifier}`);
  });

  it('has another name than those of other nodes, items and parents, and always the same', () => {
    const others = [
      { parentRunId, nodeId: 'build', index: 0 },
      { parentRunId, nodeId: 'build', index: 1 },
      { parentRunId, nodeId: 'build!', index: 0 },
      { parentRunId: parentRunId.replace('4000', '4001'), nodeId: 'build', index: 0 },
    ];
    const names = others.map(childIdentifier);
    expect(new Set(names).size).toBe(others.length);
    expect(others.map(childIdentifier)).toEqual(names);
  });
});
