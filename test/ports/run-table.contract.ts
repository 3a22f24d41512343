import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeId, RunId } from '../../src/core/ids.js';
import type { KeptResult } from '../../src/core/run/run-state.js';
import { type MirrorWrite, OWNERSHIP_MARK } from '../../src/core/mirror/rows.js';
import type { FirstWrite, RunReader, RunRecord, RunTable } from '../../src/ports/run-table.js';
import { anOutput } from '../support/builders.js';
import {
  aFirstWrite,
  anEvent,
  anIdentity,
  aRow,
  aRunId,
  atSecond,
  aWrite,
  no,
  yes,
} from '../support/mirror-writes.js';

export interface RunTableSubject {
  readonly table: RunTable;
  readonly reader: RunReader;
  /** Puts a row there as Archon does. */
  readonly addArchonRun: (record: RunRecord) => Promise<void>;
}

/** What every run table keeps. */
export function runTableContract(name: string, make: () => Promise<RunTableSubject>): void {
  const opened = async () => {
    const subject = await make();
    const first = aFirstWrite();
    const { epoch } = await subject.table.open(first, yes);
    const { runId } = first.identity;
    const row = async () => (await subject.reader.findByPrefix(runId, 2))[0];
    const seqs = async () => (await subject.reader.events(runId)).map((event) => event.createdAt);
    return { ...subject, first, epoch, runId, row, seqs };
  };

  describe(`run table: ${name}`, () => {
    describe('open', () => {
      test('makes the row, with what identifies the run, and its events', async () => {
        const { first, row, reader, runId } = await opened();
        const { identity } = first;
        expect(await row()).toEqual({
          runId,
          workflowName: 'fix-issue',
          status: 'running',
          userMessage: 'fix the login page',
          outcome: null,
          workingPath: identity.workingPath,
          outputRoot: identity.outputRoot,
          startedAt: atSecond(0),
          completedAt: null,
          lastActivityAt: atSecond(0),
          metadata: { workflow_source: OWNERSHIP_MARK, inputs: { issue: '7' } },
          parentRunId: null,
          temporalWorkflowId: identity.temporalWorkflowId,
          hostId: identity.hostId,
          hostSilentSince: atSecond(0),
        });
        expect(await reader.events(runId)).toEqual([
          {
            id: expect.any(String),
            eventType: 'workflow_started',
            nodeName: null,
            data: { workflowName: 'fix-issue' },
            createdAt: atSecond(1),
          },
        ]);
      });

      test('again with the same token answers the same epoch and changes nothing', async () => {
        const { table, first, epoch, runId, row, seqs } = await opened();
        await table.write(aWrite(runId, epoch, 2, { row: aRow({ status: 'paused' }) }));
        expect(await table.open(first, yes)).toEqual({ epoch });
        expect((await row())?.status).toBe('paused');
        expect(await seqs()).toEqual([atSecond(1), atSecond(2)]);
      });

      test('many at once with the same token answer one epoch and write each event once', async () => {
        const { table, reader } = await make();
        const first = aFirstWrite();
        const answers = await Promise.all(Array.from({ length: 8 }, () => table.open(first, yes)));
        expect(new Set(answers.map((answer) => answer.epoch)).size).toBe(1);
        expect(await reader.events(first.identity.runId)).toHaveLength(1);
      });

      test('gives every generation a greater epoch', async () => {
        const { table, first, epoch } = await opened();
        const epochs = [BigInt(epoch)];
        for (let generation = 0; generation < 5; generation += 1) {
          const next = { ...first, fenceToken: randomUUID(), isFirstExecution: false };
          epochs.push(BigInt((await table.open(next, yes)).epoch));
        }
        expect(epochs).toEqual([...epochs].sort((a, b) => (a < b ? -1 : 1)));
        expect(new Set(epochs).size).toBe(6);
      });

      test('refuses a first execution whose run id is known, and leaves the row alone', async () => {
        const { table, first, row } = await opened();
        const copy = { ...first, fenceToken: randomUUID(), row: aRow({ status: 'failed' }) };
        await expect(table.open(copy, yes)).rejects.toMatchObject({ code: 'RUN_ID_REUSED' });
        expect((await row())?.status).toBe('running');
      });

      test('of first executions that race with one run id lets exactly one in', async () => {
        const { table, reader } = await make();
        for (let round = 0; round < 20; round += 1) {
          const identity = anIdentity();
          const rivals = Array.from({ length: 6 }, () => aFirstWrite({ identity }));
          const outcomes = await Promise.allSettled(rivals.map((rival) => table.open(rival, yes)));
          const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
          expect(refused.map((outcome) => (outcome.reason as { code: string }).code)).toEqual(
            Array(5).fill('RUN_ID_REUSED'),
          );
          expect(await reader.events(identity.runId)).toHaveLength(1);
        }
      });

      test('refuses the id of a row that Archon made, and leaves it alone', async () => {
        const { table, reader, addArchonRun } = await make();
        const archons = anArchonRun({ status: 'paused' });
        await addArchonRun(archons);
        const identity = anIdentity({ runId: archons.runId });
        for (const isFirstExecution of [true, false]) {
          const opening = table.open(aFirstWrite({ identity, isFirstExecution }), yes);
          await expect(opening).rejects.toMatchObject({ code: 'RUN_ID_REUSED' });
        }
        expect(await reader.findByPrefix(archons.runId, 1)).toEqual([archons]);
      });

      test('of an execution that is not current writes nothing: FENCED', async () => {
        const { table, reader } = await make();
        const first = aFirstWrite();
        await expect(table.open(first, no)).rejects.toMatchObject({ code: 'FENCED' });
        expect(await reader.findByPrefix(first.identity.runId, 1)).toEqual([]);
      });

      test('passes on what the question throws, and writes nothing', async () => {
        const { table, reader } = await make();
        const first = aFirstWrite();
        const trouble = new Error('Temporal is away');
        await expect(table.open(first, () => Promise.reject(trouble))).rejects.toBe(trouble);
        expect(await reader.findByPrefix(first.identity.runId, 1)).toEqual([]);
      });

      test('that is overtaken while it asks does not win over the newer execution', async () => {
        const { table, first, row, reader, runId } = await opened();
        const older = {
          ...first,
          fenceToken: randomUUID(),
          isFirstExecution: false,
          row: aRow({ status: 'failed' }),
        };
        const newer = {
          ...first,
          fenceToken: randomUUID(),
          isFirstExecution: false,
          row: aRow({ status: 'paused' }),
        };
        let newerEpoch = '';
        const { epoch } = await table.open(older, async () => {
          newerEpoch = (await table.open(newer, yes)).epoch;
          return true;
        });
        expect(BigInt(epoch)).toBeLessThan(BigInt(newerEpoch));
        expect((await row())?.status).toBe('paused');
        expect(await reader.events(runId)).toHaveLength(3);
      });

      test('of a newer generation opens a row that had ended', async () => {
        const { table, first, epoch, runId, row } = await opened();
        const ended = aRow({ status: 'failed', completedAt: atSecond(9), metadata: { error: 'boom' } });
        await table.write(aWrite(runId, epoch, 9, { row: ended }));
        const again = aRow({ metadata: { error: null } });
        await table.open({ ...first, fenceToken: randomUUID(), isFirstExecution: false, row: again }, yes);
        expect(await row()).toMatchObject({
          status: 'running',
          completedAt: null,
          metadata: { error: null },
        });
      });
    });

    describe('open, for a resume', () => {
      const failedRun = async () => {
        const subject = await opened();
        const { table, epoch, runId } = subject;
        const row = aRow({ status: 'failed', completedAt: atSecond(9), metadata: { error: 'boom' } });
        await table.write(aWrite(runId, epoch, 9, { row, results: [aResult('build', 1, 'made')] }));
        return subject;
      };
      const resuming = (first: FirstWrite, resumedEpoch: string): FirstWrite => ({
        ...first,
        ...{ fenceToken: randomUUID(), temporalRunId: randomUUID(), resumedEpoch },
        identity: { ...first.identity, startedAt: atSecond(60) },
        row: aRow({ metadata: { error: null }, lastActivityAt: atSecond(60) }),
      });
      const codes = (outcomes: readonly PromiseSettledResult<unknown>[]): unknown[] =>
        outcomes.flatMap((one) => (one.status === 'rejected' ? [(one.reason as { code: string }).code] : []));

      test('lets in who names the newest epoch: the row runs again, and began anew', async () => {
        const { table, first, epoch, row } = await failedRun();
        const next = await table.open(resuming(first, epoch), yes);
        expect(BigInt(next.epoch)).toBeGreaterThan(BigInt(epoch));
        expect(await row()).toMatchObject({
          status: 'running',
          startedAt: atSecond(60),
          completedAt: null,
          lastActivityAt: atSecond(60),
          metadata: { error: null },
        });
      });

      test('again with the same token answers the same epoch and changes nothing', async () => {
        const { table, first, epoch, runId, row } = await failedRun();
        const resume = resuming(first, epoch);
        const next = await table.open(resume, yes);
        await table.write(aWrite(runId, next.epoch, 2, { row: aRow({ status: 'paused' }) }));
        expect(await table.open(resume, yes)).toEqual(next);
        expect((await row())?.status).toBe('paused');
      });

      test('refuses a copy of it, and whoever names an older epoch', async () => {
        const { table, first, epoch, row } = await failedRun();
        const { epoch: second } = await table.open(resuming(first, epoch), yes);
        const late = [
          resuming(first, epoch),
          resuming(first, '1'),
          resuming(first, `${BigInt(second) + 1n}`),
        ];
        for (const resume of late) {
          await expect(table.open(resume, yes)).rejects.toMatchObject({ code: 'RUN_NOT_RESUMABLE' });
        }
        expect((await row())?.status).toBe('running');
        await expect(table.open({ ...first, fenceToken: randomUUID() }, yes)).rejects.toMatchObject({
          code: 'RUN_ID_REUSED',
        });
      });

      test('refuses to resume a run that the table does not know', async () => {
        const { table, reader } = await make();
        const stranger = aFirstWrite({ resumedEpoch: '1' });
        await expect(table.open(stranger, yes)).rejects.toMatchObject({ code: 'RUN_NOT_RESUMABLE' });
        expect(await reader.findByPrefix(stranger.identity.runId, 1)).toEqual([]);
      });

      test('of resumes that race for one end of a run lets exactly one in', async () => {
        for (let round = 0; round < 10; round += 1) {
          const { table, first, epoch, reader, runId } = await failedRun();
          const rivals = Array.from({ length: 6 }, () => resuming(first, epoch));
          const outcomes = await Promise.allSettled(rivals.map((rival) => table.open(rival, yes)));
          expect(codes(outcomes)).toEqual(Array(5).fill('RUN_NOT_RESUMABLE'));
          expect(await reader.events(runId)).toHaveLength(3);
        }
      });

      test('of a reset of the resumed run is let in as any other generation', async () => {
        const { table, first, epoch } = await failedRun();
        const { epoch: second } = await table.open(resuming(first, epoch), yes);
        const reset = { ...resuming(first, epoch), isFirstExecution: false, resumedEpoch: null };
        const { epoch: third } = await table.open(reset, yes);
        expect(BigInt(third)).toBeGreaterThan(BigInt(second));
        await expect(table.open(resuming(first, second), yes)).rejects.toMatchObject({
          code: 'RUN_NOT_RESUMABLE',
        });
      });
    });

    describe('results', () => {
      test('are the newest of each node, whichever generation it is of', async () => {
        const { table, first, epoch, runId } = await opened();
        const results = [aResult('a', 1, 'first a'), aResult('b', 2, 'only b \0')];
        await table.write(aWrite(runId, epoch, 2, { results }));
        const again = { ...first, fenceToken: randomUUID(), resumedEpoch: epoch };
        const next = await table.open(again, yes);
        await table.write(aWrite(runId, next.epoch, 2, { results: [aResult('a', 1, 'second a')] }));
        await table.write(aWrite(runId, epoch, 3, { results: [aResult('a', 3, 'late a')] }));
        const found = [...(await table.results(runId))].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
        expect(found).toEqual([aResult('a', 1, 'second a'), aResult('b', 2, 'only b \0')]);
        expect(await table.results(aRunId())).toEqual([]);
      });

      test('leave out what holds no more', async () => {
        const { table, epoch, runId } = await opened();
        await table.write(aWrite(runId, epoch, 2, { results: [aResult('a', 1, 'a'), aResult('b', 1, 'b')] }));
        await table.write(
          aWrite(runId, epoch, 3, { results: [{ ...aResult('a', 1, 'a'), attempt: 1, output: null }] }),
        );
        expect((await table.results(runId)).map(({ nodeId }) => nodeId)).toEqual(['b']);
      });
    });

    describe('write', () => {
      test('brings the row up to date and appends the events', async () => {
        const { table, epoch, runId, row, reader } = await opened();
        const events = [anEvent(2), anEvent(3, { eventType: 'node_completed', data: { duration_ms: 12 } })];
        const ended = aRow({ status: 'completed', completedAt: atSecond(3), lastActivityAt: atSecond(3) });
        await table.write(aWrite(runId, epoch, 3, { row: ended, events }));
        expect(await row()).toMatchObject({
          status: 'completed',
          completedAt: atSecond(3),
          lastActivityAt: atSecond(3),
          startedAt: atSecond(0),
        });
        expect((await reader.events(runId)).map((event) => event.eventType)).toEqual([
          'workflow_started',
          'node_started',
          'node_completed',
        ]);
      });

      test('keeps the order of events that bear the same time', async () => {
        const { table, epoch, runId, reader } = await opened();
        const events = Array.from({ length: 300 }, (_, at) =>
          anEvent(at + 2, { createdAt: atSecond(5), data: { at } }),
        );
        await table.write(aWrite(runId, epoch, 301, { events }));
        const [, ...rest] = await reader.events(runId);
        expect(rest.map((event) => event.data['at'])).toEqual(Array.from({ length: 300 }, (_, at) => at));
      });

      test('merges metadata: new keys come, absent ones stay, objects are replaced, null is a value', async () => {
        const { table, epoch, runId, row } = await opened();
        const first = aRow({ metadata: { error: 'boom', approval: { nodeId: 'a', label: 'x' }, kept: 1 } });
        const second = aRow({
          metadata: { error: null, approval: { nodeId: 'b' }, fresh: [1, { deep: true }] },
        });
        await table.write(aWrite(runId, epoch, 2, { row: first }));
        await table.write(aWrite(runId, epoch, 3, { row: second }));
        expect((await row())?.metadata).toMatchObject({ error: null, kept: 1, fresh: [1, { deep: true }] });
        expect((await row())?.metadata['approval']).toEqual({ nodeId: 'b' });
        expect((await row())?.metadata['inputs']).toEqual({ issue: '7' });
      });

      test('of an older seq leaves the row and keeps its events', async () => {
        const { table, epoch, runId, row, seqs } = await opened();
        await table.write(aWrite(runId, epoch, 5, { row: aRow({ status: 'completed' }) }));
        await table.write(
          aWrite(runId, epoch, 4, { row: aRow({ status: 'paused', metadata: { late: true } }) }),
        );
        expect((await row())?.status).toBe('completed');
        expect((await row())?.metadata).not.toHaveProperty('late');
        expect(await seqs()).toEqual([atSecond(1), atSecond(4), atSecond(5)]);
      });

      test('of an older epoch leaves the row, a terminal one too, and keeps its events', async () => {
        const { table, first, epoch, runId, row, reader } = await opened();
        await table.open({ ...first, fenceToken: randomUUID(), isFirstExecution: false, events: [] }, yes);
        const late = aRow({ status: 'failed', completedAt: atSecond(90) });
        await table.write(aWrite(runId, epoch, 90, { row: late }));
        expect(await row()).toMatchObject({ status: 'running', completedAt: null });
        expect(await reader.events(runId)).toHaveLength(2);
      });

      test('repeated, also by many at once, changes nothing', async () => {
        const { table, epoch, runId, row, reader } = await opened();
        const write = aWrite(runId, epoch, 2, {
          events: [anEvent(2), anEvent(3)],
          row: aRow({ status: 'paused' }),
        });
        await table.write(write);
        const before = [await row(), await reader.events(runId)];
        await Promise.all(Array.from({ length: 8 }, () => table.write(write)));
        expect([await row(), await reader.events(runId)]).toEqual(before);
      });

      test('of a run that was never opened is left out', async () => {
        const { table, reader } = await make();
        const runId = aRunId();
        await table.write(aWrite(runId, '1', 1));
        expect(await reader.findByPrefix(runId, 1)).toEqual([]);
      });

      test('in any order and any number of times leads to the same row and events', async () => {
        const subject = await make();
        await fc.assert(
          fc.asyncProperty(deliveries, async (delivered) => {
            const identity = anIdentity();
            const { runId } = identity;
            const { epoch } = await subject.table.open(aFirstWrite({ identity }), yes);
            for (const seq of delivered) await subject.table.write(nth(runId, epoch, seq));
            const row = (await subject.reader.findByPrefix(runId, 1))[0];
            const last = Math.max(...delivered);
            expect(row).toMatchObject({
              status: nth(runId, epoch, last).row.status,
              lastActivityAt: atSecond(last),
            });
            expect((await subject.reader.events(runId)).map((event) => event.createdAt)).toEqual(
              [...new Set([1, ...delivered])].sort((a, b) => a - b).map(atSecond),
            );
          }),
          { numRuns: 40 },
        );
      });
    });

    describe('sub-runs', () => {
      const child = (parentRunId: RunId, index: number | null, hash: string) => {
        const parent = { runId: parentRunId, nodeId: 'fan', index, hash, inputValues: { file: ['a'] } };
        return aFirstWrite({ identity: anIdentity({ runId: aRunId(), parent }) });
      };

      test('say in their row whose they are, and for which item', async () => {
        const { table, reader, runId } = await opened();
        const first = child(runId, 3, 'abc');
        await table.open(first, yes);
        const [row] = await reader.childrenOf(runId);
        expect(row).toMatchObject({ runId: first.identity.runId, parentRunId: runId });
        expect(row?.metadata).toMatchObject({
          ...{ parent_node_id: 'fan', child_index: 3, fan_out_item_hash: 'abc' },
          inputs_values: { file: ['a'] },
        });
      });

      test('are told to a parent that is resumed, with how they stand', async () => {
        const { table, runId } = await opened();
        const first = child(runId, null, 'abc');
        const { epoch } = await table.open(first, yes);
        const row = aRow({ status: 'completed', metadata: { summary: 'done' } });
        await table.write(aWrite(first.identity.runId, epoch, 2, { row }));
        expect(await table.children(runId, 'fan' as NodeId)).toEqual([
          {
            ...{ runId: first.identity.runId, index: null, hash: 'abc', status: 'completed', epoch },
            metadata: expect.objectContaining({ summary: 'done' }),
          },
        ]);
        expect(await table.children(runId, 'other' as NodeId)).toEqual([]);
      });
    });

    describe('archonHolders', () => {
      test.each([
        ['running', 0, true],
        ['running', 60 * 24, true],
        ['paused', 60, true],
        ['pending', 4, true],
        ['pending', 6, false],
        ['completed', 0, false],
        ['failed', 0, false],
        ['cancelled', 0, false],
      ])('a row of Archon that is %s since %i minutes holds its path: %s', async (status, minutes, holds) => {
        const { table, addArchonRun } = await make();
        const startedAt = new Date(Date.now() - minutes * 60_000).toISOString();
        const archons = anArchonRun({ status, startedAt, workingPath: `/repo/${randomUUID()}` });
        await addArchonRun(archons);
        expect(await table.archonHolders(archons.workingPath ?? '')).toEqual(
          holds ? [{ runId: archons.runId, workflowName: 'archon-fix' }] : [],
        );
      });

      test('neither rows of ours nor rows on other paths are holders', async () => {
        const { table, first, addArchonRun } = await opened();
        const path = first.identity.workingPath;
        await addArchonRun(anArchonRun({ status: 'running', workingPath: `${path}/sub` }));
        expect(await table.archonHolders(path)).toEqual([]);
      });
    });
  });
}

const deliveries = fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 1, maxLength: 14 });
const STATUSES = ['running', 'paused', 'cancelled', 'completed', 'failed'] as const;

const aResult = (nodeId: string, attempt: number, text: string): KeptResult => ({
  nodeId: nodeId as NodeId,
  attempt,
  output: anOutput(text),
});

const nth = (runId: RunId, epoch: string, seq: number): MirrorWrite =>
  aWrite(runId, epoch, seq, {
    row: aRow({ status: STATUSES[seq % 5] ?? 'running', lastActivityAt: atSecond(seq) }),
  });

export function anArchonRun(over: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: aRunId(),
    workflowName: 'archon-fix',
    status: 'running',
    outcome: null,
    userMessage: 'fix it',
    workingPath: '/home/me/repo',
    outputRoot: null,
    startedAt: atSecond(0),
    completedAt: null,
    lastActivityAt: atSecond(0),
    metadata: {},
    temporalWorkflowId: null,
    hostId: null,
    parentRunId: null,
    hostSilentSince: null,
    ...over,
  };
}
