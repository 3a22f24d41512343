import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { TextStore } from '../../src/ports/run-table.js';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const byDigest = (...texts: string[]) => new Map(texts.map((text) => [sha256(text), text]));

/** What every text store keeps. */
export function textStoreContract(name: string, make: () => Promise<TextStore>): void {
  describe(`text store: ${name}`, () => {
    test.each([
      ['plain', 'echo hello'],
      ['empty', ''],
      ['with NUL', 'a\u0000b'],
      ['beyond ASCII', 'žluťoučký 🚂\r\n\t'],
      ['of ten megabytes', 'signal '.repeat(1_500_000)],
    ])('a text comes back as it went in: %s', async (_, text) => {
      const store = await make();
      await store.put(byDigest(text));
      expect((await store.get(sha256(text))) === text).toBe(true);
    });

    test('several texts are stored at once, and none is no error', async () => {
      const store = await make();
      await store.put(new Map());
      await store.put(byDigest('one', 'two'));
      expect([await store.get(sha256('one')), await store.get(sha256('two'))]).toEqual(['one', 'two']);
    });

    test('a text stored again, also by many at once, stays', async () => {
      const store = await make();
      await Promise.all(Array.from({ length: 8 }, () => store.put(byDigest('same', 'other'))));
      await store.put(byDigest('same'));
      expect(await store.get(sha256('same'))).toBe('same');
    });

    test('a text that was never stored is TEXT_NOT_STORED', async () => {
      const store = await make();
      await expect(store.get(sha256('never'))).rejects.toMatchObject({ code: 'TEXT_NOT_STORED' });
    });

    test('a text under a digest that is not its own is not handed out', async () => {
      const store = await make();
      await store.put(new Map([[sha256('expected'), 'something else']]));
      await expect(store.get(sha256('expected'))).rejects.toMatchObject({ code: 'TEXT_NOT_STORED' });
    });
  });
}
