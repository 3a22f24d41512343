import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentStore, ResumeName } from '../../src/ports/run-files.js';

const OWNER = { temporalNamespaceId: 'a-namespace', temporalWorkflowId: 'run.any' };

/** What every store of environments does, wherever it keeps them. */
export function environmentStoreContract(kind: string, makeStore: () => Promise<EnvironmentStore>): void {
  describe(`${kind} keeps the contract of an environment store`, () => {
    let store: EnvironmentStore;
    beforeEach(async () => {
      store = await makeStore();
    });

    it('has nothing of a run that left nothing', async () => {
      expect(await store.load(randomUUID())).toBeNull();
    });

    it('gives back what was saved, to each run its own', async () => {
      const [one, other] = [randomUUID(), randomUUID()];
      await store.save(one, { PATH: '/bin', EMPTY: '' }, OWNER);
      await store.save(other, {}, OWNER);
      expect(await store.load(one)).toEqual({ PATH: '/bin', EMPTY: '' });
      expect(await store.load(other)).toEqual({});
    });

    it('gives back every name and value unchanged', async () => {
      const runId = randomUUID();
      const text = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('a\nb=c', '"', '\uD800', '__proto__', '\uFEFF'),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(text, text), { maxLength: 8 }), async (entries) => {
          const environment = Object.fromEntries(entries);
          await store.save(runId, environment, OWNER);
          expect(Object.entries((await store.load(runId)) ?? {})).toEqual(Object.entries(environment));
        }),
        { numRuns: 50 },
      );
    });

    it('makes what a resume has offered that of its run once it is adopted, and of no other resume', async () => {
      const runId = randomUUID();
      const [one, other] = [randomUUID(), randomUUID()].map((startToken) => ({ runId, startToken })) as [
        ResumeName,
        ResumeName,
      ];
      await store.save(runId, { OF: 'the first start' }, OWNER);
      await store.offer(one, { OF: 'one' }, OWNER);
      await store.offer(other, { OF: 'other' }, OWNER);
      expect(await store.load(runId)).toEqual({ OF: 'the first start' });
      await store.adopt(one);
      await store.adopt(one);
      expect(await store.load(runId)).toEqual({ OF: 'one' });
      await store.withdraw(other);
      await store.withdraw(other);
      await store.adopt(other);
      expect(await store.load(runId)).toEqual({ OF: 'one' });
    });

    it('replaces what was saved before', async () => {
      const runId = randomUUID();
      await store.save(runId, { A: 'a long value', B: 'b' }, OWNER);
      await store.save(runId, { A: 'short' }, OWNER);
      expect(await store.load(runId)).toEqual({ A: 'short' });
    });

    it('keeps one of those that several save at once, whole', async () => {
      const runId = randomUUID();
      const environments = Array.from({ length: 8 }, (_, index) => ({
        A: 'x'.repeat(10_000 * index),
        B: String(index),
      }));
      await Promise.all(environments.map((environment) => store.save(runId, environment, OWNER)));
      expect(environments).toContainEqual(await store.load(runId));
    });

    it('removes, and again', async () => {
      const runId = randomUUID();
      await store.save(runId, { A: 'a' }, OWNER);
      await store.remove(runId);
      await store.remove(runId);
      expect(await store.load(runId)).toBeNull();
    });

    it.each(['', '../passwd', 'a/b', 'not-a-uuid', `${randomUUID()}/..`])(
      'refuses %j as a run id',
      async (runId) => {
        const refusal = { code: 'ENVIRONMENT_UNREADABLE' };
        await expect(store.save(runId, {}, OWNER)).rejects.toMatchObject(refusal);
        await expect(store.load(runId)).rejects.toMatchObject(refusal);
        await expect(store.remove(runId)).rejects.toMatchObject(refusal);
      },
    );
  });
}
