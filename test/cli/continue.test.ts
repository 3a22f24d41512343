import { describe, expect, it } from 'vitest';
import type { WorktreeTidy } from '../../src/client/isolation/tidy-worktrees.js';
import type { StartOptions } from '../../src/client/orchestrator.js';
import type { EnvironmentRecord } from '../../src/ports/isolation-table.js';
import type { RunFilter } from '../../src/ports/run-table.js';
import { aRecord, HELLO, RUN_ID, runFake, useDirectory, type FakeWorld } from './fake-cli.js';

let directory: string;
useDirectory({ 'hello.yaml': HELLO }, (made) => {
  directory = made;
});

/** A repository with one worktree; what is asked of it stands in `starts` and `filters`. */
function worldOf(over: Partial<EnvironmentRecord> = {}) {
  const starts: StartOptions[] = [];
  const filters: RunFilter[] = [];
  const record: EnvironmentRecord = {
    ...{ id: 'id', identifier: 'my fix', type: 'task', branch: 'archon/task-my-fix', repository: directory },
    ...{ workingPath: directory, platform: 'signalbox', lastUsedAt: '2026-11-22T00:00:00.000Z' },
    ...{ hasOpenRow: false, ...over },
  };
  const story = { branch: record.branch, commits: 'abc one', changes: '', pullRequest: null };
  const tidy: Pick<WorktreeTidy, 'find' | 'tell'> = {
    find: (_repository, name) => Promise.resolve(name === 'my fix' ? record : null),
    tell: () => Promise.resolve(story),
  };
  const world: FakeWorld = {
    directory,
    services: {
      worktrees: () => Promise.resolve(tidy as WorktreeTidy),
      repository: () => Promise.resolve(directory),
    },
    orchestrator: {
      list: (filter) => {
        filters.push(filter);
        const metadata = { error: 'no luck' };
        const former = aRecord({ status: 'failed', workflowName: 'fix', outputRoot: null, metadata });
        return Promise.resolve({ runs: [former], total: 1, leftOut: 0 });
      },
      start: (options) => {
        starts.push(options);
        return Promise.resolve({
          ...{ kind: 'started', runId: RUN_ID, workflow: 'hello', workingPath: directory },
          ...{ temporalWorkflowId: 'run.x', warnings: [] },
        });
      },
    },
  };
  return { world, starts, filters };
}

const words = (...more: readonly string[]): readonly string[] => [
  ...['continue', 'my fix', '--workflow', 'hello', '--detach', ...more],
];

describe('signalbox continue', () => {
  it('runs a workflow in the worktree of that name, and tells it what has happened there', async () => {
    const { world, starts, filters } = worldOf();
    const result = await runFake(words('mend', 'the tests'), world);
    expect(result.exitCode, result.stderr).toBe(0);
    expect(starts).toMatchObject([{ isolation: { branch: 'my fix' } }]);
    const { message = '' } = starts[0] ?? {};
    expect(message).toContain('Branch: archon/task-my-fix | Last workflow: fix (run');
    expect(message).toContain('no luck');
    expect(message).toContain('abc one');
    expect(message.endsWith('## Your Instruction\n\nmend the tests')).toBe(true);
    expect(filters).toMatchObject([{ workingPath: directory, limit: 1 }]);
    expect(result.stderr).toContain(`continuing on archon/task-my-fix in ${directory}`);
  });

  it('says nothing of it with --no-context', async () => {
    const { world, starts } = worldOf();
    await runFake(words('--no-context', 'mend it'), world);
    expect(starts).toMatchObject([{ message: 'mend it' }]);
  });

  it('works where the worktree is when --branch cannot name it', async () => {
    const { world, starts } = worldOf({ identifier: '12', type: 'issue', branch: 'archon/issue-12' });
    await runFake(words('go'), world);
    expect(starts).toMatchObject([{ workingPath: directory, isolation: { worktree: false } }]);
  });

  it('needs a workflow, since the one that Archon would take needs an agent', async () => {
    const result = await runFake(['continue', 'my fix', 'go'], worldOf().world);
    expect(result.exitCode).toBe(64);
    expect(result.stderr).toContain('--workflow');
  });

  it('knows no other name', async () => {
    const { world, starts } = worldOf();
    const result = await runFake(['continue', 'other', '--workflow', 'hello'], world);
    expect(result.exitCode).toBe(64);
    expect(result.stderr).toContain('"other" is no worktree of a run here; see signalbox isolation list');
    expect(starts).toEqual([]);
  });
});
