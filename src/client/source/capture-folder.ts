import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../../core/errors.js';
import type { SourceFile } from '../../core/source/source-manifest.js';
import { reasonOf } from './folder-entries.js';

/** A folder of scripts as it was at one moment. */
export interface CapturedFolder {
  readonly files: readonly SourceFile[];
  /** By digest. */
  readonly texts: ReadonlyMap<string, string>;
  readonly byteCount: number;
}

/** More is no source: it would be kept in the database for each state of the folder. */
const MOST_FILES = 2_000;
const MOST_BYTES = 32 * 1024 * 1024;

const PASSED_OVER: readonly string[] = ['.git', '__pycache__'];

interface Found {
  readonly file: string;
  /** Relative to the folder, with slashes. */
  readonly path: string;
}

/**
 * Every file below a folder, links followed, but for `.git` and `__pycache__`.
 * @param capturedAs where the folder's copy lies in the run's copy
 * @throws RunError `SOURCE_UNREADABLE` a file cannot be read, or there are too many
 */
export async function captureFolder(folder: string, capturedAs: string): Promise<CapturedFolder> {
  const found = await filesBelow(folder);
  const texts = new Map<string, string>();
  const files: SourceFile[] = [];
  let byteCount = 0;
  for (const { file, path } of found) {
    const { bytes, isExecutable } = await readSource(file);
    byteCount += bytes.length;
    if (byteCount > MOST_BYTES) throw tooMuch(folder, `more than ${MOST_BYTES / 1024 / 1024} MiB`);
    const { text, encoding } = encoded(bytes);
    const sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
    texts.set(sha256, text);
    files.push({ path: `${capturedAs}/${path}`, sha256, encoding, isExecutable });
  }
  return { files, texts, byteCount };
}

async function filesBelow(folder: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  const visit = async (directory: string, prefix: string, above: readonly string[]): Promise<void> => {
    const real = await realpath(directory);
    if (above.includes(real)) return;
    for (const name of (await readdir(directory)).sort()) {
      if (PASSED_OVER.includes(name)) continue;
      const file = join(directory, name);
      const facts = await stat(file).catch(() => null);
      if (facts?.isDirectory() === true) await visit(file, `${prefix}${name}/`, [...above, real]);
      else if (facts?.isFile() === true) found.push({ file, path: `${prefix}${name}` });
      if (found.length > MOST_FILES) throw tooMuch(folder, `more than ${MOST_FILES} files`);
    }
  };
  await visit(folder, '', []).catch((error: unknown) => {
    throw error instanceof RunError ? error : unreadable(folder, error);
  });
  return found;
}

async function readSource(file: string): Promise<{ readonly bytes: Buffer; readonly isExecutable: boolean }> {
  try {
    const [bytes, facts] = await Promise.all([readFile(file), stat(file)]);
    return { bytes, isExecutable: (facts.mode & 0o100) !== 0 };
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Half a character, or a byte that is no UTF-8, would not come back as it was. */
function encoded(bytes: Buffer): { readonly text: string; readonly encoding: SourceFile['encoding'] } {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes)
    ? { text, encoding: 'utf8' }
    : { text: bytes.toString('base64'), encoding: 'base64' };
}

function tooMuch(folder: string, what: string): RunError {
  return new RunError(
    'SOURCE_UNREADABLE',
    `the scripts folder ${folder} has ${what}, and a run takes a copy of it along; move what is no source out of it`,
    { path: folder },
  );
}

function unreadable(path: string, error: unknown): RunError {
  return new RunError(
    'SOURCE_UNREADABLE',
    `${path}, which the workflow's scripts may need, cannot be read (${reasonOf(error)}); mend its permissions`,
    { path },
    { cause: error },
  );
}
