import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What stands in a folder; a link is what it points at. */
export interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** A file found by its name. */
export interface FoundFile {
  /** Absolute. */
  readonly file: string;
  /** `fix.md` */
  readonly basename: string;
}

/**
 * In order of name; a link that points nowhere is a file that cannot be read. A folder that is missing is empty.
 * @throws the system's error when the folder is there and cannot be listed
 */
export async function entriesOf(folder: string): Promise<readonly Entry[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
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

/** The folders that are looked into. */
export function foldersIn(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(
    ({ name, isDirectory }) => isDirectory && !name.startsWith('.') && name !== 'node_modules',
  );
}

/** The files of a folder whose names fit, then those of each folder in it; one that cannot be listed is empty. */
export async function filesOfTwoLevels(folder: string, pattern: RegExp): Promise<readonly FoundFile[]> {
  const top = await entriesOf(folder).catch(() => []);
  const below = await Promise.all(
    foldersIn(top).map(async ({ name }) => {
      const inner = join(folder, name);
      return filesIn(inner, await entriesOf(inner).catch(() => []), pattern);
    }),
  );
  return [...filesIn(folder, top, pattern), ...below.flat()];
}

export function filesIn(folder: string, entries: readonly Entry[], pattern: RegExp): FoundFile[] {
  return entries
    .filter(({ name, isDirectory }) => !isDirectory && pattern.test(name))
    .map(({ name }) => ({ file: join(folder, name), basename: name }));
}

/** What a file holds, or why it cannot be known. */
export type FileReading =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Never waits for what is no regular file. */
export async function readRegularFile(file: string): Promise<FileReading> {
  try {
    if (!(await stat(file)).isFile()) return { kind: 'unreadable', reason: 'it is no regular file' };
    return { kind: 'read', bytes: await readFile(file) };
  } catch (error) {
    return isMissing(error) ? { kind: 'missing' } : { kind: 'unreadable', reason: reasonOf(error) };
  }
}

/** As the system calls it: `EACCES`. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? (error instanceof Error ? error.message : String(error));
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
