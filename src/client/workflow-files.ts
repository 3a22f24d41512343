import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../core/errors.js';

export type Scope = 'project' | 'global';

/** A workflow file, not read yet. */
export interface WorkflowFile {
  /** Absolute. */
  readonly file: string;
  readonly scope: Scope;
  /** `fix.yaml`: a project file replaces the global one of the same basename. */
  readonly basename: string;
}

/** What a scope's folder holds. */
export interface ScopeListing {
  readonly files: readonly WorkflowFile[];
  /** Folders of the packaged layout (`<pack>/<workflow>/one.yaml`). */
  readonly packaged: readonly string[];
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

const EMPTY: ScopeListing = { files: [], packaged: [], unreadable: [] };
const IS_WORKFLOW_FILE = /\.ya?ml$/;

interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/**
 * The workflow files of one scope: those of its folder, then those of each sub-folder, in order of name. Deeper
 * ones belong to packages; deeper still is nobody's. A folder that is missing is empty.
 * @throws RunError `WORKING_PATH_INVALID` the folder exists and cannot be read
 */
export async function listScope(folder: string, scope: Scope): Promise<ScopeListing> {
  const top = await entriesOf(folder).catch((error: unknown) => {
    throw new RunError(
      'WORKING_PATH_INVALID',
      `the workflow folder ${folder} cannot be read (${reasonOf(error)}); mend its permissions`,
      { path: folder },
    );
  });
  const folders = top.filter((entry) => entry.isDirectory && isSearched(entry.name));
  const below = await Promise.all(folders.map((entry) => listFolder(join(folder, entry.name), scope)));
  return [{ ...EMPTY, files: filesIn(folder, top, scope) }, ...below].reduce((all, one) => ({
    files: [...all.files, ...one.files],
    packaged: [...all.packaged, ...one.packaged],
    unreadable: [...all.unreadable, ...one.unreadable],
  }));
}

async function listFolder(folder: string, scope: Scope): Promise<ScopeListing> {
  try {
    const entries = await entriesOf(folder);
    const folders = entries.filter((entry) => entry.isDirectory && isSearched(entry.name));
    const packages = await Promise.all(folders.map((entry) => holdsWorkflows(join(folder, entry.name))));
    return {
      ...EMPTY,
      files: filesIn(folder, entries, scope),
      packaged: folders.filter((_, index) => packages[index]).map((entry) => join(folder, entry.name)),
    };
  } catch (error) {
    return { ...EMPTY, unreadable: [{ path: folder, reason: reasonOf(error) }] };
  }
}

async function holdsWorkflows(folder: string): Promise<boolean> {
  const entries = await entriesOf(folder).catch(() => []);
  return entries.some((entry) => !entry.isDirectory && IS_WORKFLOW_FILE.test(entry.name));
}

function filesIn(folder: string, entries: readonly Entry[], scope: Scope): WorkflowFile[] {
  return entries
    .filter((entry) => !entry.isDirectory && IS_WORKFLOW_FILE.test(entry.name))
    .map((entry) => ({ file: join(folder, entry.name), scope, basename: entry.name }));
}

const isSearched = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules';

/** In order of name; links are what they point at, and one that points nowhere is a file that cannot be read. */
async function entriesOf(folder: string): Promise<Entry[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const entries = found.map(async (entry) => ({
    name: entry.name,
    isDirectory: entry.isSymbolicLink()
      ? await stat(join(folder, entry.name)).then(
          (target) => target.isDirectory(),
          () => false,
        )
      : entry.isDirectory(),
  }));
  return (await Promise.all(entries)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @returns the bytes, or why there are none. Never waits for what is no regular file. */
export async function readWorkflowFile(
  file: string,
): Promise<{ readonly bytes: Uint8Array } | { readonly problem: string }> {
  try {
    if (!(await stat(file)).isFile()) return { problem: 'it is no regular file' };
    return { bytes: await readFile(file) };
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? (error instanceof Error ? error.message : String(error));
}
