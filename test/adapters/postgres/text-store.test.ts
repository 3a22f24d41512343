import { expect, test } from 'vitest';
import { makePool, makeTextStore } from '../../../src/adapters/postgres/index.js';
import { sha256 } from '../../ports/text-store.contract.js';
import { tempDatabases } from '../../support/temp-postgres.js';

test('a text that somebody altered in the database is not handed out', async () => {
  const databases = await tempDatabases();
  const pool = makePool(await databases.migrated());
  const store = makeTextStore(pool);
  await store.put(new Map([[sha256('echo hello'), 'echo hello']]));
  await pool.query(`UPDATE signalbox.texts SET utf8 = 'rm -rf /'`);
  await expect(store.get(sha256('echo hello'))).rejects.toMatchObject({
    code: 'TEXT_NOT_STORED',
    message: expect.stringContaining('was altered') as string,
  });
  await pool.end();
  await databases.stop();
});
