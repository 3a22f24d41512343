import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
      await writeFile(`${path}.${process.pid}`, text.text, { mode: 0o600 });
      await rename(`${path}.${process.pid}`, path);
      return {
        kind: 'file',
        path,
        bytes: Buffer.byteLength(text.text),
        sha256,
        excerpt: text.text.slice(0, EXCERPT_CHARACTERS),
      };
    },
  };
}
