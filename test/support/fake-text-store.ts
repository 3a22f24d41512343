import { createHash } from 'node:crypto';
import { RunError } from '../../src/core/errors.js';
import type { TextStore } from '../../src/ports/run-table.js';

/** Texts in memory, handed out only under their own digest. */
export class FakeTextStore implements TextStore {
  private readonly texts = new Map<string, string>();

  put(texts: ReadonlyMap<string, string>): Promise<void> {
    for (const [sha256, text] of texts) if (!this.texts.has(sha256)) this.texts.set(sha256, text);
    return Promise.resolve();
  }

  get(sha256: string): Promise<string> {
    const text = this.texts.get(sha256);
    if (text !== undefined && createHash('sha256').update(text).digest('hex') === sha256) {
      return Promise.resolve(text);
    }
    return Promise.reject(new RunError('TEXT_NOT_STORED', `text ${sha256} is not stored`, { sha256 }));
  }
}
