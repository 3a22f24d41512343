import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { excerptOf } from '../../core/run/excerpt.js';
import type { OutputStore } from '../../ports/run-files.js';

const EXCERPT_CHARACTERS = 2_000;

/** Puts texts below `.signalbox/outputs` of a run's artifacts, under their digest: storing one again changes nothing. */
export function makeOutputStore(): OutputStore {
  return {
    store: async (artifactsDir, text) => {
      if (text.kind === 'file') return text;
      const sha256 = createHash('sha256').update(text.text, 'utf8').digest('hex');
      const directory = join(artifactsDir, '.signalbox', 'outputs');
      const path = join(directory, sha256);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      // A draft of its own: equal texts are stored at the same time, and go to one path.
      const draft = `${path}.${randomUUID()}`;
      await writeFile(draft, text.text, { mode: 0o600 });
      await rename(draft, path);
      return {
        kind: 'file',
        path,
        bytes: Buffer.byteLength(text.text),
        sha256,
        excerpt: excerptOf(text.text, EXCERPT_CHARACTERS),
      };
    },
  };
}
