import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../../core/errors.js';
import {
  formatOpenRecord,
  parseOwnerRecord,
  type OpenRecord,
  type OwnerRecord,
} from '../../core/lease/owner-record.js';

const RECORD_SUFFIX = '.json';
const OPEN_SUFFIX = '.open';

/** Files of this user's boxes: owner records, and locks for directories that cannot be locked themselves. */
export interface BoxFiles {
  /** Makes the directory (0700). */
  prepare(): Promise<void>;
  recordPath(pathKey: string): string;
  /** Makes the file where it is missing. */
  lockFile(pathKey: string): string;
  /** @returns null: there is none @throws RunError `PATH_STILL_OCCUPIED` it cannot be read as one */
  read(pathKey: string): OwnerRecord | null;
  /** Records of boxes that were opened and are not known to be closed. */
  readOpen(): readonly OwnerRecord[];
  /** Notes that the record may become an open one; without this it is not among those. */
  noteOpen(pathKey: string): void;
  /** Takes the note back. */
  noteClosed(pathKey: string): void;
  /** Removes what belongs to a box that nobody will look for: every run that holds no path has a key of its own. */
  forget(pathKey: string): void;
  /** Writes a record through to the disk, under a name of its own. @returns that name */
  draft(record: OpenRecord): Promise<string>;
  /** After it, a record that was put in place stays there when the power goes. */
  sync(): Promise<void>;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function damaged(path: string): RunError {
  return new RunError(
    'PATH_STILL_OCCUPIED',
    `who worked here last cannot be told: ${path} is damaged, or was written by a newer version. See that nothing works in the directory any more, then remove that file`,
    { path },
  );
}

/** @param stateDirectory `$XDG_STATE_HOME/signalbox` */
export function makeBoxFiles(stateDirectory: string): BoxFiles {
  const directory = join(stateDirectory, 'box');
  const recordPath = (pathKey: string): string => join(directory, `${pathKey}${RECORD_SUFFIX}`);
  const notePath = (pathKey: string): string => join(directory, `${pathKey}${OPEN_SUFFIX}`);
  return {
    recordPath,
    prepare: async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
    },
    lockFile(pathKey) {
      const path = join(directory, `${pathKey}.lock`);
      closeSync(openSync(path, constants.O_RDONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600));
      return path;
    },
    read(pathKey) {
      const text = textOf(recordPath(pathKey));
      if (text === null) return null;
      const record = parseOwnerRecord(text);
      if (record === null) throw damaged(recordPath(pathKey));
      return record;
    },
    readOpen() {
      const keys = readdirSync(directory).flatMap((name) =>
        name.endsWith(OPEN_SUFFIX) ? [name.slice(0, -OPEN_SUFFIX.length)] : [],
      );
      const records = keys.flatMap((key) => parseOwnerRecord(textOf(recordPath(key)) ?? '') ?? []);
      return records.filter(({ closedAt }) => closedAt === null);
    },
    noteOpen(pathKey) {
      closeSync(openSync(notePath(pathKey), constants.O_RDONLY | constants.O_CREAT, 0o600));
    },
    noteClosed(pathKey) {
      rmSync(notePath(pathKey), { force: true });
    },
    forget(pathKey) {
      for (const path of [recordPath(pathKey), join(directory, `${pathKey}.lock`)])
        rmSync(path, { force: true });
    },
    async draft(record) {
      const path = join(directory, `${record.pathKey}.${randomUUID()}.draft`);
      const file = await open(path, 'wx', 0o600);
      try {
        await file.writeFile(formatOpenRecord(record));
        await file.sync();
      } finally {
        await file.close();
      }
      return path;
    },
    async sync() {
      const file = await open(directory);
      await file.sync().finally(() => file.close());
    },
  };
}
