import { basename, join } from 'node:path';
import type { Issue } from '../../core/definition/issue.js';
import { isResourceName } from '../../core/definition/resource-name.js';
import { RunError } from '../../core/errors.js';
import { fileIssue, unreadableIssue } from './file-issue.js';
import { entriesOf, filesIn, foldersIn, reasonOf, type Entry } from './folder-entries.js';
import type { Scope } from './scopes.js';

/** A folder of the packaged layout, `<pack>/<workflow>`: one workflow with commands and scripts of its own. */
export interface PackageFolder {
  /** Absolute. */
  readonly folder: string;
  /** `project/pack/workflow` */
  readonly name: string;
}

/** A workflow file, not read yet. */
export interface WorkflowFile {
  /** Absolute. */
  readonly file: string;
  readonly scope: Scope;
  /** `fix.yaml`: a project file replaces the global one of the same basename. */
  readonly basename: string;
  /** Null: it lies in no package. */
  readonly package: PackageFolder | null;
}

/** A file or folder that is there and cannot be used. */
export interface UnusableFile {
  readonly file: string;
  readonly errorType: 'read_error' | 'validation_error';
  readonly issue: Issue;
}

/** What a scope's folder holds. */
export interface ScopeListing {
  readonly files: readonly WorkflowFile[];
  readonly unusable: readonly UnusableFile[];
}

const EMPTY: ScopeListing = { files: [], unusable: [] };
const WORKFLOW_FILE = /\.ya?ml$/;
const OWN_FOLDERS: readonly string[] = ['commands', 'scripts'];

/**
 * The workflow files of one scope: those of its folder, then of each folder in it with its packages, in order of
 * name. Deeper files are nobody's. A folder that is missing is empty.
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
  const below = await Promise.all(foldersIn(top).map(({ name }) => listFolder(join(folder, name), scope)));
  return joined([{ ...EMPTY, files: flatFiles(folder, top, scope) }, ...below]);
}

async function listFolder(folder: string, scope: Scope): Promise<ScopeListing> {
  try {
    const entries = await entriesOf(folder);
    const packages = foldersIn(entries).map(({ name }) => listPackage(folder, name, scope));
    return joined([{ ...EMPTY, files: flatFiles(folder, entries, scope) }, ...(await Promise.all(packages))]);
  } catch (error) {
    const issue = unreadableIssue(folder, reasonOf(error));
    return { files: [], unusable: [{ file: folder, errorType: 'read_error', issue }] };
  }
}

/** A folder without workflow, commands and scripts is no package, and nothing is said of it. */
async function listPackage(parent: string, name: string, scope: Scope): Promise<ScopeListing> {
  const folder = join(parent, name);
  const entries = await entriesOf(folder).catch(() => []);
  const files = filesIn(folder, entries, WORKFLOW_FILE);
  const hasOwnFolders = foldersIn(entries).some((entry) => OWN_FOLDERS.includes(entry.name));
  if (files.length === 0 && !hasOwnFolders) return EMPTY;
  const [only, ...others] = files;
  if (only === undefined || others.length > 0) return unusablePackage(folder, howMany(files.length));
  const pack = basename(parent);
  const odd = [pack, name].find((segment) => !isResourceName(segment) || segment.includes(':'));
  if (odd !== undefined)
    return unusablePackage(folder, `has '${odd}' in its path, which is no name of a package`);
  return { ...EMPTY, files: [{ ...only, scope, package: { folder, name: `${scope}/${pack}/${name}` } }] };
}

const howMany = (count: number): string =>
  count === 0 ? 'has commands or scripts and no workflow' : `has ${count} workflows`;

function unusablePackage(folder: string, problem: string): ScopeListing {
  const issue = fileIssue(folder, {
    code: 'LAYOUT_INVALID',
    path: [],
    message: `the package ${problem}`,
    hint: 'a package is a folder in a folder: one workflow file, with folders commands and scripts beside it',
  });
  return { files: [], unusable: [{ file: folder, errorType: 'validation_error', issue }] };
}

function flatFiles(folder: string, entries: readonly Entry[], scope: Scope): readonly WorkflowFile[] {
  return filesIn(folder, entries, WORKFLOW_FILE).map((file) => ({ ...file, scope, package: null }));
}

function joined(listings: readonly ScopeListing[]): ScopeListing {
  return {
    files: listings.flatMap(({ files }) => files),
    unusable: listings.flatMap(({ unusable }) => unusable),
  };
}

/**
 * One file per basename: a stronger scope's wins, and within a scope the last one listed. Where a package takes
 * part, none of a scope wins: which one is meant cannot be told from a folder's name.
 * @param listings from the strongest scope to the weakest
 */
export function survivors(listings: readonly ScopeListing[]): ScopeListing {
  const chosen = new Map<string, ScopeListing>();
  for (const { files } of listings) {
    for (const [basename, same] of byBasename(files)) {
      if (!chosen.has(basename)) chosen.set(basename, survivorOf(same));
    }
  }
  return joined([...listings.map(({ unusable }) => ({ files: [], unusable })), ...chosen.values()]);
}

function byBasename(files: readonly WorkflowFile[]): ReadonlyMap<string, readonly WorkflowFile[]> {
  const groups = new Map<string, WorkflowFile[]>();
  for (const file of files) groups.set(file.basename, [...(groups.get(file.basename) ?? []), file]);
  return groups;
}

function survivorOf(same: readonly WorkflowFile[]): ScopeListing {
  const isClear = same.length === 1 || same.every((file) => file.package === null);
  return isClear ? { files: same.slice(-1), unusable: [] } : { files: [], unusable: same.map(clash(same)) };
}

const clash =
  (all: readonly WorkflowFile[]) =>
  ({ file, basename: name }: WorkflowFile): UnusableFile => {
    const others = all.map((one) => one.file).filter((other) => other !== file);
    const issue = fileIssue(file, {
      code: 'DUPLICATE_NAME',
      path: [],
      message: `another file is called ${name}, too: ${others.join(' and ')}`,
      hint: 'rename one of them: a packaged workflow needs a file name of its own',
    });
    return { file, errorType: 'validation_error', issue };
  };
