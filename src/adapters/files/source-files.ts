import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { RunError } from '../../core/errors.js';
import { parseManifest, type CapturedSource, type SourceFile } from '../../core/source/source-manifest.js';
import type { SourceFiles } from '../../ports/run-files.js';
import type { TextStore } from '../../ports/run-table.js';

/** Below a run's artifacts. */
const FOLDER = 'workflow-source';
/** Python puts it beside what it loads. */
const CACHE = '__pycache__';

/** Keeps the captured source of runs in `<artifacts>/workflow-source`, each file read-only. */
export function makeSourceFiles(texts: Pick<TextStore, 'get'>): SourceFiles {
  return {
    async lay(artifactsDir, source) {
      const folder = join(artifactsDir, FOLDER);
      const files = await manifestOf(texts, source);
      if (await isThere(folder)) await verify(folder, files);
      else await write(texts, folder, files);
    },
  };
}

async function manifestOf(
  texts: Pick<TextStore, 'get'>,
  { sha256 }: CapturedSource,
): Promise<readonly SourceFile[]> {
  const files = parseManifest(await texts.get(sha256));
  if (files !== null) return files;
  throw new RunError(
    'SOURCE_ALTERED',
    `the list of files that the run was started with (sha256 ${sha256}) cannot be read; start a new run with signalbox run`,
    { sha256 },
  );
}

/** Whole or not at all. */
async function write(
  texts: Pick<TextStore, 'get'>,
  folder: string,
  files: readonly SourceFile[],
): Promise<void> {
  const draft = `${folder}.${randomUUID()}`;
  try {
    await mkdir(draft, { recursive: true, mode: 0o700 });
    for (const { path, sha256, encoding, isExecutable } of files) {
      const file = join(draft, path);
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, await texts.get(sha256), { encoding, mode: isExecutable ? 0o500 : 0o400 });
    }
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** What a node has changed in there is not what the run was started with. */
async function verify(folder: string, files: readonly SourceFile[]): Promise<void> {
  const expected = new Map(files.map((file) => [file.path, file]));
  const found = await filesBelow(folder);
  for (const file of found) {
    const path = relative(folder, file).split(sep).join('/');
    const known = expected.get(path);
    if (known === undefined) throw altered(file, 'was added');
    const text = (await readFile(file)).toString(known.encoding);
    if (createHash('sha256').update(text, 'utf8').digest('hex') !== known.sha256) {
      throw altered(file, 'was changed');
    }
    expected.delete(path);
  }
  const [missing] = expected.keys();
  if (missing !== undefined) throw altered(join(folder, missing), 'is gone');
}

function altered(file: string, what: string): RunError {
  return new RunError(
    'SOURCE_ALTERED',
    `${file} ${what} since the run was started, and a run goes on with what it was started with; remove the folder ${FOLDER}, which is then written anew, and resume the run`,
    { path: file },
  );
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null;
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(folder, file).split(sep).includes(CACHE));
}
