import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBoxTask, anOwner, EXECUTION } from '../../ports/box.contract.js';
import { openHostBox } from '../../support/host-boxes.js';
import { bash } from './programs.js';
import type { BoxOwner } from '../../../src/ports/box.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'signalbox-view-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A run that holds no path. */
function aView(): BoxOwner {
  const runId = randomUUID();
  const pathKey = runId.replaceAll('-', '');
  return anOwner({
    ...{ runId, pathKey, workingPath: directory },
    temporalWorkflowId: `view.0123456789abcdef0123456789abcdef.${runId}`,
  });
}

const walled = process.getuid?.() === 0 ? 1 : 2;

describe.each([walled, 3] as const)('the box of a run that holds no path, at level %i', (level) => {
  it('stands beside that of the run which holds it, and beside others of its kind', async () => {
    const box = await openHostBox({ level });
    const holder = anOwner({ workingPath: directory });
    const views = [aView(), aView()];
    await box.ensureOpen(holder, EXECUTION);
    for (const view of views) await box.ensureOpen(view, EXECUTION);
    for (const { runId } of [holder, ...views]) {
      const task = aBoxTask(directory, { runId, argv: bash('touch "$SIGNALBOX_RUN_ID"'), attemptId: 'a.1' });
      expect(await box.enter(task)).toEqual({ exitCode: 0, signal: null });
      expect(existsSync(join(directory, runId))).toBe(true);
    }
    for (const owner of [holder, ...views]) await box.close(owner, 0);
    expect(await box.list()).toEqual([]);
  });
});
