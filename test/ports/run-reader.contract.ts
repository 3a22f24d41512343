import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { RunId, WorkingPath } from '../../src/core/ids.js';
import { anOutput } from '../support/builders.js';
import { aFirstWrite, anIdentity, aRow, aRunId, atSecond, aWrite, yes } from '../support/mirror-writes.js';
import { anArchonRun, type RunTableSubject } from './run-table.contract.js';

/** What every reader of runs keeps. `make` gives a table with nothing in it. */
export function runReaderContract(name: string, make: () => Promise<RunTableSubject>): void {
  /** Four runs on two paths, started one second apart. */
  const four = async () => {
    const subject = await make();
    const here = `/repo/${randomUUID()}` as WorkingPath;
    const there = `/repo/${randomUUID()}` as WorkingPath;
    const runIds: RunId[] = [];
    for (const [at, workingPath] of [here, there, here, here].entries()) {
      const identity = anIdentity({ workingPath, startedAt: atSecond(at) });
      const status = at === 3 ? 'paused' : 'running';
      await subject.table.open(aFirstWrite({ identity, row: aRow({ status }) }), yes);
      runIds.push(identity.runId);
    }
    return { ...subject, here, runIds };
  };

  describe(`run reader: ${name}`, () => {
    test('tells the newest generation of a run, and which nodes have finished in any', async () => {
      const { table, reader } = await make();
      const first = aFirstWrite();
      const { runId, temporalWorkflowId } = first.identity;
      expect(await reader.newestGeneration(runId)).toBeNull();
      const { epoch } = await table.open(first, yes);
      const { temporalRunId } = first;
      const begun = { epoch, temporalRunId, temporalWorkflowId, finishedNodes: [] };
      expect(await reader.newestGeneration(runId)).toEqual(begun);
      const results = [{ nodeId: 'a', attempt: 1, output: anOutput('done') }];
      await table.write(aWrite(runId, epoch, 2, { results }));
      const again = { ...first, fenceToken: randomUUID(), temporalRunId: randomUUID(), resumedEpoch: epoch };
      const next = await table.open(again, yes);
      expect(await reader.newestGeneration(runId)).toEqual({
        ...{ epoch: next.epoch, temporalRunId: again.temporalRunId, temporalWorkflowId },
        finishedNodes: ['a'],
      });
    });

    test('lists the newest first, up to the limit, and counts all', async () => {
      const { reader, runIds } = await four();
      const { runs, total } = await reader.list({ workingPath: null, statuses: null, limit: 3 });
      expect(runs.map((run) => run.runId)).toEqual(runIds.slice(1).reverse());
      expect(total).toBe(4);
    });

    test.each([
      ['one', ['paused'], [3]],
      ['two', ['paused', 'running'], [3, 2, 0]],
      ['an unknown', ['sleeping'], []],
      ['no', [], []],
    ])('filters by path and %s status', async (_, statuses, expected) => {
      const { reader, here, runIds } = await four();
      const { runs, total } = await reader.list({ workingPath: here, statuses, limit: 10 });
      expect(runs.map((run) => runIds.indexOf(run.runId))).toEqual(expected);
      expect(total).toBe(expected.length);
    });

    test('lists with a path the runs in worktrees of the repository there, where they are wanted', async () => {
      const { reader, table, here, runIds } = await four();
      const workingPath = `${here}-trees/one` as WorkingPath;
      const identity = anIdentity({ workingPath, codebasePath: here, startedAt: atSecond(9) });
      await table.open(aFirstWrite({ identity }), yes);
      const wanted = { workingPath: here, statuses: null, limit: 10 };
      const all = await reader.list({ ...wanted, withWorktrees: true });
      expect(all.runs.map((run) => run.runId)).toEqual([identity.runId, runIds[3], runIds[2], runIds[0]]);
      expect(all.total).toBe(4);
      expect((await reader.list(wanted)).total).toBe(3);
      const there = await reader.list({ ...wanted, workingPath, withWorktrees: true });
      expect(there.runs.map((run) => run.runId)).toEqual([identity.runId]);
    });

    test('lists sub-runs as they are wanted: all, none, or all but items of fan-outs', async () => {
      const { reader, table, here, runIds } = await four();
      const kin = async (at: number, index: number | null): Promise<RunId> => {
        const parent = { runId: runIds[0]!, nodeId: 'sub', index, hash: 'h', inputValues: {} };
        const identity = anIdentity({ workingPath: here, startedAt: atSecond(at), parent });
        await table.open(aFirstWrite({ identity }), yes);
        return identity.runId;
      };
      const [single, item] = [await kin(20, null), await kin(21, 0)];
      const wanted = { workingPath: here, statuses: null, limit: 10 };
      const roots = [runIds[3], runIds[2], runIds[0]];
      const listed = async (subRuns?: 'all' | 'no-items' | 'none') => {
        const { runs, ...counts } = await reader.list({ ...wanted, ...(subRuns && { subRuns }) });
        return { runIds: runs.map((run) => run.runId), ...counts };
      };
      expect(await listed()).toEqual({ runIds: [item, single, ...roots], total: 5, leftOut: 0 });
      expect(await listed('no-items')).toEqual({ runIds: [single, ...roots], total: 4, leftOut: 1 });
      expect(await listed('none')).toEqual({ runIds: roots, total: 3, leftOut: 2 });
    });

    test('finds runs by every beginning of their id, newest first', async () => {
      const { reader, table } = await make();
      const ids = ['7c1f2a9e-1111', '7c1f2a9e-2222', '7c1f2b00-0000'].map(
        (head) => `${head}${aRunId().slice(13)}` as RunId,
      );
      for (const [at, runId] of ids.entries()) {
        await table.open(aFirstWrite({ identity: anIdentity({ runId, startedAt: atSecond(at) }) }), yes);
      }
      const found = async (prefix: string, limit = 10) =>
        (await reader.findByPrefix(prefix, limit)).map((run) => ids.indexOf(run.runId));
      expect(await found('')).toEqual([2, 1, 0]);
      expect(await found('7c1f2')).toEqual([2, 1, 0]);
      expect(await found('7c1f2', 2)).toEqual([2, 1]);
      expect(await found('7c1f2a9e')).toEqual([1, 0]);
      expect(await found('7c1f2a9e-')).toEqual([1, 0]);
      expect(await found('7c1f2a9e-2')).toEqual([1]);
      expect(await found(ids[0] ?? '')).toEqual([0]);
    });

    test.each(['7c1f-', 'xyz', '%', "' OR true --", '7c1f2a9e-1111-1111-1111-111111111111-1', 'ffffffff'])(
      'finds nothing by %j',
      async (prefix) => {
        const { reader } = await four();
        expect(await reader.findByPrefix(prefix, 10)).toEqual([]);
      },
    );

    test('reads what Archon wrote', async () => {
      const { reader, addArchonRun } = await make();
      const archons = anArchonRun({
        status: 'failed',
        completedAt: atSecond(7),
        metadata: { error: 'boom' },
      });
      await addArchonRun(archons);
      expect(await reader.findByPrefix(archons.runId.slice(0, 8), 2)).toEqual([archons]);
      expect(await reader.events(archons.runId)).toEqual([]);
    });

    test('tells events by time', async () => {
      const { reader, table } = await make();
      const first = aFirstWrite();
      const { epoch } = await table.open(first, yes);
      for (const seq of [4, 2, 3]) await table.write(aWrite(first.identity.runId, epoch, seq));
      expect((await reader.events(first.identity.runId)).map((event) => event.createdAt)).toEqual(
        [1, 2, 3, 4].map(atSecond),
      );
    });

    test('tells the events after one', async () => {
      const { reader, table } = await make();
      const first = aFirstWrite();
      const { runId } = first.identity;
      const { epoch } = await table.open(first, yes);
      for (const seq of [2, 3]) await table.write(aWrite(runId, epoch, seq));
      const all = await reader.events(runId);
      const after = async (event: number) =>
        (await reader.events(runId, all[event]?.id)).map(({ createdAt }) => createdAt);
      expect(await after(0)).toEqual([atSecond(2), atSecond(3)]);
      expect(await after(2)).toEqual([]);
      await table.write(aWrite(runId, epoch, 4));
      expect(await after(2)).toEqual([atSecond(4)]);
    });

    test('knows no events of a run that is unknown', async () => {
      const { reader } = await make();
      expect(await reader.events(aRunId())).toEqual([]);
    });
  });
}
