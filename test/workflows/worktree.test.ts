import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MESSAGES } from '../../src/contract/messages.js';
import { RunError } from '../../src/core/errors.js';
import type { WorkingPath } from '../../src/core/ids.js';
import { DEFAULT_WORKTREE_SETTINGS, type WorktreeOrder } from '../../src/core/isolation/worktree-order.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { endOf, eventsOf } from '../support/run-probes.js';
import { raiseRunStage, type RunStage, type StagedRun } from '../support/run-stage.js';
import { aLibrary, aSubrunDraft, over } from '../support/subrun-shapes.js';
import { timeSkippingServer } from '../support/temporal-servers.js';

let stage: RunStage;
beforeAll(async () => {
  stage = await raiseRunStage(await timeSkippingServer());
});
afterAll(() => stage.tearDown());
beforeEach(() => {
  stage.worktrees.onMake = () => Promise.resolve();
  stage.worktrees.onFill = () => Promise.resolve();
  stage.worktrees.warnings = [];
});

let count = 0;
function start(): Promise<StagedRun> {
  count += 1;
  const worktree: WorktreeOrder = {
    ...{ repository: '/repo', identifier: `x${count}`, branch: `archon/task-x${count}`, from: null },
    ...{ baseBranch: null, remote: null, copyFiles: ['.env'], initSubmodules: true },
  };
  const workingPath = `/trees/archon/task-x${count}` as WorkingPath;
  return stage.start(aDefinition([aBashNode('build')]), { worktree, workingPath });
}

describe('a run in a worktree of its own', () => {
  it('has it made in its box, before its first node, and works in a box of the directory then', async () => {
    const run = await start();
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED', row: 'completed' });
    const { runId, workingPath, worktree } = run.request;
    const [task] = stage.worktrees.ordered.filter((one) => one.runId === runId);
    expect(task).toMatchObject({ workingPath, order: worktree, baseBranch: 'main' });
    expect(stage.worktrees.recorded).toContainEqual({
      ...{ runId, workingPath, identifier: worktree?.identifier, branch: worktree?.branch },
    });
    const journal = stage.journalOf(runId);
    expect(journal.filter((line) => line === 'close box')).toHaveLength(2);
    expect(journal.indexOf('close box')).toBeLessThan(journal.indexOf('run build.1'));
    const [started] = await stage.table.events(runId);
    expect(started).toMatchObject({ eventType: 'workflow_started', data: { isolationMode: 'worktree' } });
  });

  it('fails when none can be made, and does nothing anywhere else', async () => {
    stage.worktrees.onMake = () => Promise.reject(new RunError('WORKTREE_FAILED', 'the disk is full'));
    const run = await start();
    expect(await endOf(stage, run)).toMatchObject({
      ...{ temporal: 'FAILED', code: 'WORKTREE_FAILED', message: 'the disk is full', row: 'failed' },
    });
    expect(await eventsOf(stage, run)).toEqual(['workflow_started', 'workflow_failed']);
    expect(stage.journalOf(run.request.runId)).not.toContain('run build.1');
    expect(stage.worktrees.recorded.map(({ runId }) => runId)).not.toContain(run.request.runId);
  });

  it('that could not be filled fails, and the worktree has its row all the same', async () => {
    stage.worktrees.onFill = () => Promise.reject(new RunError('WORKTREE_FAILED', 'the hook says no'));
    const run = await start();
    expect(await endOf(stage, run)).toMatchObject({ code: 'WORKTREE_FAILED', row: 'failed' });
    expect(stage.worktrees.recorded.map(({ runId }) => runId)).toContain(run.request.runId);
  });

  it('tells what people should know of how it was made, before its first node', async () => {
    stage.worktrees.warnings = ['it was there already', 'it is on another branch'];
    const run = await start();
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    const [started, told] = await stage.table.events(run.request.runId);
    expect([started?.eventType, told]).toMatchObject([
      'workflow_started',
      { eventType: 'workflow_parse_warnings', data: { warnings: stage.worktrees.warnings } },
    ]);
  });

  it('gives its sub-runs worktrees of their own, where they want them, and fails where there can be none', async () => {
    const child = aDefinition([aBashNode('inner')], { name: 'child' });
    const fan = aSubrunDraft('fan', { isolation: 'worktree', fanOut: over('["a","b","c"]') });
    const worktrees = {
      ...{ repository: { directory: '/repo', remoteUrl: null }, settings: DEFAULT_WORKTREE_SETTINGS },
      archonHome: '/archon',
    };
    const library = aLibrary(child);
    const run = await stage.start(aDefinition([fan]), { library, worktrees });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'COMPLETED' });
    const children = await stage.table.childrenOf(run.request.runId);
    const paths = children.map(({ workingPath }) => workingPath);
    expect(new Set(paths).size).toBe(3);
    const short = run.request.runId.slice(0, 8);
    for (const { runId, workingPath, temporalWorkflowId } of children) {
      expect(workingPath).toContain(`/archon/workspaces/_local/repo/worktrees/archon/task-${short}-fan-`);
      expect(temporalWorkflowId).toMatch(/^run\./);
      expect(stage.worktrees.ordered).toContainEqual(expect.objectContaining({ runId, workingPath }));
    }
    const nowhere = await stage.start(aDefinition([fan]), { library });
    expect(await endOf(stage, nowhere)).toMatchObject({ row: 'failed' });
    const events = await stage.table.events(nowhere.request.runId);
    const failed = events.find(({ eventType }) => eventType === 'node_failed');
    expect(failed?.data).toMatchObject({ error: expect.stringContaining('no git repository') as unknown });
    expect(await stage.table.childrenOf(nowhere.request.runId)).toEqual([]);
  });

  it('can be cancelled while it is made', async () => {
    let isMaking = false;
    stage.worktrees.onMake = (_task, signal) =>
      new Promise((_resolve, reject) => {
        isMaking = true;
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    const run = await start();
    await eventually(() => expect(isMaking).toBe(true));
    await run.handle.executeUpdate(MESSAGES.cancelUpdate, { args: [{ by: 'ann', reason: 'too slow' }] });
    expect(await endOf(stage, run)).toMatchObject({ temporal: 'CANCELLED', row: 'cancelled' });
    expect(stage.journalOf(run.request.runId)).not.toContain('run build.1');
  });
});
