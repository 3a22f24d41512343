import { randomUUID } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeEnvironmentStore } from '../../src/adapters/files/environment-store.js';
import { ticketWorkflowId } from '../../src/contract/workflow-id.js';
import { RunError } from '../../src/core/errors.js';
import type { RunId } from '../../src/core/ids.js';
import type { ExecutionDetails } from '../../src/ports/executions.js';
import type { RunRecord } from '../../src/ports/run-table.js';
import { sweepEnvironments, type SweepPorts } from '../../worker/sweep-environments.js';
import { tempDirectory } from '../support/temp-directory.js';

const OURS = 'namespace-1';
const HOLDER = 'run.0123456789abcdef.me-repo';
const NOW = new Date('2026-11-22T10:00:00Z');
const LONG_AGO = new Date('2026-11-22T09:49:59Z');
const JUST_NOW = new Date('2026-11-22T09:50:01Z');

describe('environments that clients left', () => {
  let home: string;
  let runId: RunId;
  let store: ReturnType<typeof makeEnvironmentStore>;
  beforeEach(() => {
    home = tempDirectory();
    runId = randomUUID() as RunId;
    store = makeEnvironmentStore(home);
  });

  async function leave(at: Date, temporalNamespaceId = OURS): Promise<void> {
    await store.save(runId, { SECRET: 'a' }, { temporalNamespaceId, temporalWorkflowId: HOLDER });
    utimesSync(join(home, 'env', runId), at, at);
  }

  interface World {
    /** Executions by ID. */
    readonly known?: Readonly<Record<string, { isOpen: boolean; runId: string | null }>>;
    readonly status?: string;
    readonly over?: Partial<SweepPorts>;
  }

  /** @returns whether the environment is still there */
  async function swept({ known = {}, status, over = {} }: World, signal = AbortSignal.any([])) {
    const task = sweepEnvironments({
      environments: store,
      reader: {
        findByPrefix: () => Promise.resolve(status === undefined ? [] : [{ status } as RunRecord]),
      },
      executions: { inspect: (id) => Promise.resolve((known[id] as ExecutionDetails | undefined) ?? null) },
      clock: { now: () => NOW },
      temporalNamespaceId: OURS,
      ...over,
    });
    await task.run(signal);
    return (await store.load(runId)) !== null;
  }

  it('are removed when Temporal knows no run that they are for', async () => {
    await leave(LONG_AGO);
    expect(await swept({})).toBe(false);
  });

  it('are removed when their run has ended, or was refused, and another has the path', async () => {
    const known = { [HOLDER]: { isOpen: true, runId: randomUUID() as string } };
    for (const world of [{ known }, { known, status: 'failed' }, { status: 'completed' }]) {
      await leave(LONG_AGO);
      expect(await swept(world)).toBe(false);
    }
  });

  it('stay while a run may use them', async () => {
    await leave(LONG_AGO);
    expect(await swept({ known: { [HOLDER]: { isOpen: true, runId } } })).toBe(true);
    expect(await swept({ known: { [HOLDER]: { isOpen: true, runId: null } } })).toBe(true);
    expect(await swept({ known: { [ticketWorkflowId(runId)]: { isOpen: true, runId } } })).toBe(true);
    expect(await swept({ status: 'paused' })).toBe(true);
  });

  it('stay while their start may be on its way', async () => {
    await leave(JUST_NOW);
    expect(await swept({})).toBe(true);
  });

  it('of another Temporal stay, and those of nobody knows which', async () => {
    await leave(LONG_AGO, 'namespace-2');
    expect(await swept({})).toBe(true);
    await leave(LONG_AGO, '');
    expect(await swept({ over: { temporalNamespaceId: '' } })).toBe(true);
  });

  it('stay when Temporal or the table does not answer', async () => {
    await leave(LONG_AGO);
    const away = (): Promise<never> => Promise.reject(new RunError('TEMPORAL_UNREACHABLE', 'away'));
    await expect(swept({ over: { executions: { inspect: away } } })).rejects.toThrow('away');
    await expect(swept({ over: { reader: { findByPrefix: away } } })).rejects.toThrow('away');
    expect(await store.load(runId)).not.toBeNull();
  });

  it('stay when the worker is stopped', async () => {
    await leave(LONG_AGO);
    expect(await swept({}, AbortSignal.abort())).toBe(true);
  });

  it('go with the drafts of clients that died', async () => {
    await leave(JUST_NOW);
    const draft = join(home, 'env', `${runId}.${randomUUID()}`);
    writeFileSync(draft, '{', { mode: 0o600 });
    utimesSync(draft, LONG_AGO, LONG_AGO);
    await swept({});
    expect(() => utimesSync(draft, LONG_AGO, LONG_AGO)).toThrow('ENOENT');
  });
});
