import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { RunError } from '../../core/errors.js';
import type { TextStore } from '../../ports/run-table.js';
import { unreachable } from './failure.js';
import { ask } from './query.js';

const PUT = `
INSERT INTO signalbox.texts (sha256, utf8)
SELECT * FROM unnest($1::text[], $2::bytea[])
ON CONFLICT (sha256) DO NOTHING`;

const GET = 'SELECT utf8 FROM signalbox.texts WHERE sha256 = $1';

/** Texts of definitions in `signalbox.texts`. A text is handed out only if it still has its digest. */
export function makeTextStore(pool: Pool): TextStore {
  return {
    async put(texts) {
      if (texts.size === 0) return;
      const digests = [...texts.keys()];
      const contents = [...texts.values()].map((text) => Buffer.from(text, 'utf8'));
      await ask(pool, 'DATABASE_UNREACHABLE', { text: PUT, values: [digests, contents] }).catch(
        (error: unknown) => {
          throw error instanceof RunError ? error : unreachable('DATABASE_UNREACHABLE', pool, error);
        },
      );
    },

    async get(sha256) {
      const { rows } = await ask<{ utf8: Buffer }>(pool, 'DATABASE_UNREACHABLE', {
        text: GET,
        values: [sha256],
      });
      const utf8 = rows[0]?.utf8;
      if (utf8 === undefined) throw notStored(sha256, 'is not in the database');
      if (createHash('sha256').update(utf8).digest('hex') !== sha256) {
        throw notStored(sha256, 'was altered in the database');
      }
      return utf8.toString('utf8');
    },
  };
}

function notStored(sha256: string, what: string): RunError {
  return new RunError(
    'TEXT_NOT_STORED',
    `a text of the workflow definition (sha256 ${sha256}) ${what}; start the run again, with DATABASE_URL naming the worker's database`,
    { sha256 },
  );
}
