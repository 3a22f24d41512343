import { describe, expect, test } from 'vitest';
import { makeHostRegistry, makeRunReader, makeRunTable } from '../../../src/adapters/postgres/index.js';
import type { ServingWorker } from '../../../src/ports/host-registry.js';
import { aFirstWrite, anIdentity, aRunId, yes } from '../../support/mirror-writes.js';
import { useDatabase } from '../../support/use-database.js';

const database = useDatabase();

const aWorker = (over: Partial<ServingWorker> = {}): ServingWorker => ({
  hostId: aRunId(),
  bootId: 'first-boot',
  instance: aRunId(),
  uid: 1000,
  temporalNamespaceId: 'namespace',
  ...over,
});

const age = (hostId: string): Promise<unknown> =>
  database.pool.query(
    `WITH boot AS (UPDATE signalbox.boots SET last_seen = now() - interval '16 seconds' WHERE host_id = $1)
     UPDATE signalbox.hosts SET last_seen = now() - interval '16 seconds' WHERE host_id = $1`,
    [hostId],
  );

const workersOf = async (hostId: string): Promise<string[]> => {
  const { rows } = await database.pool.query<{ instance: string }>(
    'SELECT instance FROM signalbox.hosts WHERE host_id = $1 ORDER BY instance',
    [hostId],
  );
  return rows.map(({ instance }) => instance);
};

describe('the id of a machine', () => {
  test('belongs to one boot: another is told of it while it lives, and takes over when it was silent', async () => {
    const registry = makeHostRegistry(database.pool);
    const first = aWorker();
    const second = { ...first, bootId: 'second-boot', instance: aRunId() };
    expect(await registry.claim(first, null)).toEqual({ isOurs: true });
    expect(await registry.claim(second, null)).toMatchObject({ isOurs: false, otherBootId: 'first-boot' });
    expect(await workersOf(first.hostId)).toEqual([first.instance]);
    await age(first.hostId);
    expect(await registry.claim(second, null)).toEqual({ isOurs: true });
    expect(await registry.claim(first, null)).toMatchObject({ isOurs: false, otherBootId: 'second-boot' });
  });

  test('of many boots that come at once goes to one', async () => {
    const registry = makeHostRegistry(database.pool);
    const hostId = aRunId();
    const claims = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        registry.claim(aWorker({ hostId, bootId: `boot ${index}` }), null),
      ),
    );
    expect(claims.filter(({ isOurs }) => isOurs)).toHaveLength(1);
  });

  test('has a worker for each user and namespace; a worker replaces the one before it', async () => {
    const registry = makeHostRegistry(database.pool);
    const mine = aWorker();
    const theirs = { ...mine, uid: 1001, instance: aRunId() };
    const elsewhere = { ...mine, temporalNamespaceId: 'other', instance: aRunId() };
    const next = { ...mine, instance: aRunId() };
    for (const worker of [mine, theirs, elsewhere, next, next]) {
      expect(await registry.claim(worker, mine.instance)).toEqual({ isOurs: true });
    }
    expect(await workersOf(mine.hostId)).toEqual([theirs.instance, elsewhere.instance, next.instance].sort());
  });
});

describe('two workers of one boot that serve the same user and namespace', () => {
  test('the second is told of the first while that lives, and serves once it was silent', async () => {
    const registry = makeHostRegistry(database.pool);
    const first = aWorker();
    const second = { ...first, instance: aRunId() };
    await registry.claim(first, null);
    expect(await registry.claim(second, 'somebody else')).toMatchObject({
      isOurs: false,
      otherBootId: first.bootId,
    });
    expect(await workersOf(first.hostId)).toEqual([first.instance]);
    await age(first.hostId);
    expect(await registry.claim(second, null)).toEqual({ isOurs: true });
    expect(await workersOf(first.hostId)).toEqual([second.instance]);
  });

  test('that could not be told apart at their start: with their next signs of life one is left', async () => {
    const registry = makeHostRegistry(database.pool);
    const first = aWorker();
    const second = { ...first, instance: aRunId() };
    await registry.claim(first, null);
    await registry.claim(second, first.instance);
    expect(await registry.claim(first, null)).toMatchObject({ isOurs: false });
    expect(await registry.claim(second, null)).toEqual({ isOurs: true });
    expect(await registry.claim(first, null)).toMatchObject({ isOurs: false });
  });
});

describe('a run whose worker is silent', () => {
  test('says since when; one whose worker lives, or that is over, says nothing', async () => {
    const worker = aWorker();
    const first = aFirstWrite({ identity: anIdentity({ hostId: worker.hostId, uid: worker.uid }) });
    const { runId } = first.identity;
    await makeRunTable(database.pool, { temporalNamespaceId: worker.temporalNamespaceId }).open(first, yes);
    const silence = async (): Promise<string | null | undefined> =>
      (await makeRunReader(database.pool).findByPrefix(runId, 1))[0]?.hostSilentSince;
    await makeHostRegistry(database.pool).claim({ ...worker, uid: 1001, instance: aRunId() }, null);
    expect(await silence()).toBe(first.identity.startedAt);
    await makeHostRegistry(database.pool).claim(worker, null);
    expect(await silence()).toBeNull();
    await age(worker.hostId);
    expect(Date.parse((await silence()) ?? '')).toBeGreaterThan(Date.now() - 60_000);
    await database.pool.query(`UPDATE remote_agent_workflow_runs SET status = 'completed' WHERE id = $1`, [
      runId,
    ]);
    expect(await silence()).toBeNull();
  });
});
