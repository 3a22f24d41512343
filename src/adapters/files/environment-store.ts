import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, lstatSync, readFileSync } from 'node:fs';
import { lstat, readdir, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RunError } from '../../core/errors.js';
import { isRunId, isUuid, type RunId } from '../../core/ids.js';
import { isJsonObject } from '../../core/json.js';
import type {
  EnvironmentOwner,
  EnvironmentStore,
  LeftEnvironment,
  LeftEnvironments,
  ResumeName,
} from '../../ports/run-files.js';
import {
  createPrivateFile,
  intrusionOf,
  makePrivateDirectory,
  openWithoutFollowing,
} from './private-files.js';

const OFFER = 'resume';

type Environment = Readonly<Record<string, string>>;

/** What a file holds. */
interface Contents {
  readonly owner: EnvironmentOwner;
  readonly environment: Environment;
}

/** How long a resume may wait for the worker that is to adopt what it has offered. */
const OFFER_LIFE_MS = 24 * 3_600_000;

/** More than any system lets a program start with. */
const MAX_BYTES = 32 * 1024 * 1024;

function unreadable(path: string, problem: string): RunError {
  return new RunError(
    'ENVIRONMENT_UNREADABLE',
    `the environment of the run cannot be read from ${path}: ${problem}. Remove it, then resume the run from a terminal`,
    { path },
  );
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

const isMapOfTexts = (value: unknown): boolean =>
  isJsonObject(value) && Object.values(value).every((entry) => typeof entry === 'string');

const isOwner = (value: unknown): boolean =>
  isJsonObject(value) &&
  [value['temporalNamespaceId'], value['temporalWorkflowId']].every((text) => typeof text === 'string');

/** JSON, because it carries every string unchanged, lone surrogates included. */
function parseContents(text: string): Contents | null {
  try {
    const value: unknown = JSON.parse(text);
    const isGood = isJsonObject(value) && isOwner(value['owner']) && isMapOfTexts(value['environment']);
    return isGood ? (value as unknown as Contents) : null;
  } catch {
    return null;
  }
}

function readChecked(file: number, path: string): Contents & { readonly savedAt: Date } {
  const stat = fstatSync(file);
  const intrusion = intrusionOf(stat);
  if (!stat.isFile()) throw unreadable(path, 'it is no file');
  if (intrusion !== null) throw unreadable(path, intrusion);
  if (stat.nlink !== 1) throw unreadable(path, 'it has a second name');
  if (stat.size > MAX_BYTES) throw unreadable(path, `it is ${stat.size} bytes`);
  const contents = parseContents(readFileSync(file, 'utf8'));
  if (contents === null) throw unreadable(path, 'it is damaged');
  return { ...contents, savedAt: stat.mtime };
}

/** Not asynchronous: every attempt reads one, in less time than one turn of Node's thread pool takes. */
function readContents(directory: string, path: string): ReturnType<typeof readChecked> | null {
  const parent = lstatSync(directory, { throwIfNoEntry: false });
  if (parent === undefined) return null;
  const problem = parent.isDirectory() ? intrusionOf(parent) : 'it is no directory';
  if (problem !== null) throw unreadable(directory, problem);
  const file = openWithoutFollowing(path);
  try {
    return readChecked(file, path);
  } finally {
    closeSync(file);
  }
}

/** The same, where one that cannot be read is somebody else's trouble. */
function leftAt(directory: string, runId: RunId): readonly LeftEnvironment[] {
  try {
    const contents = readContents(directory, join(directory, runId));
    return contents === null ? [] : [{ runId, owner: contents.owner, savedAt: contents.savedAt }];
  } catch {
    return [];
  }
}

/** How much longer than a draft a file of that name may lie there; null: it is neither a draft nor an offer. */
function lifeOf(name: string): number | null {
  const [runId = '', id = '', kind, ...more] = name.split('.');
  if (!isRunId(runId) || !isUuid(id) || more.length > 0) return null;
  if (kind === undefined) return 0;
  return kind === OFFER ? OFFER_LIFE_MS : null;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
}

async function writePrivately(path: string, text: string): Promise<void> {
  const file = await createPrivateFile(path);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

function unwritable(path: string, error: unknown): RunError {
  const code = codeOf(error);
  const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : String(error);
  return new RunError(
    'ENVIRONMENT_UNWRITABLE',
    `the environment for the run cannot be written to ${path}: ${reason}. Make room there, or let SIGNALBOX_HOME name another directory; nothing was started`,
    { path },
    { cause: error },
  );
}

/**
 * Whole or not at all.
 * @throws RunError `ENVIRONMENT_UNWRITABLE` · `ENVIRONMENT_UNREADABLE` its directory is not ours alone
 */
async function put(path: string, contents: Contents): Promise<void> {
  const directory = dirname(path);
  const [runId = ''] = basename(path).split('.');
  const draft = join(directory, `${runId}.${randomUUID()}`);
  try {
    const problem = await makePrivateDirectory(directory);
    if (problem !== null) throw unreadable(directory, problem);
    await writePrivately(draft, JSON.stringify(contents));
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error instanceof RunError ? error : unwritable(directory, error);
  }
}

/**
 * Keeps environments in `<home>/env`, one file per run.
 * @param workerEnvironment what comes below those that were left to be laid over it
 */
export function makeEnvironmentStore(
  home: string,
  workerEnvironment: Environment = {},
): EnvironmentStore & LeftEnvironments {
  const directory = join(home, 'env');

  const pathOf = (runId: string): string => {
    if (isRunId(runId)) return join(directory, runId);
    throw unreadable(directory, `${JSON.stringify(runId)} is no run id`);
  };

  const offerOf = ({ runId, startToken }: ResumeName): string => {
    if (isUuid(startToken)) return `${pathOf(runId)}.${startToken}.${OFFER}`;
    throw unreadable(directory, `${JSON.stringify(startToken)} is no start token`);
  };

  return {
    async save(runId, environment, owner) {
      await put(pathOf(runId), { owner, environment });
    },

    async offer(resume, environment, owner) {
      await put(offerOf(resume), { owner, environment });
    },

    async adopt(resume) {
      await rename(offerOf(resume), pathOf(resume.runId)).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
    },

    async withdraw(resume) {
      await rm(offerOf(resume), { force: true });
    },

    async load(runId) {
      const path = pathOf(runId);
      try {
        const contents = await Promise.resolve(readContents(directory, path));
        if (contents === null) return null;
        const { owner, environment } = contents;
        return owner.isOverWorkers === true ? { ...workerEnvironment, ...environment } : environment;
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return null;
        throw error instanceof RunError ? error : unreadable(path, String(codeOf(error)));
      }
    },

    async remove(runId) {
      await unlink(pathOf(runId)).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
    },

    async list() {
      const names = await namesIn(directory);
      return names.filter(isRunId).flatMap((runId) => leftAt(directory, runId));
    },

    async removeDrafts(before) {
      for (const name of await namesIn(directory)) {
        const lifeMs = lifeOf(name);
        if (lifeMs === null) continue;
        const draft = join(directory, name);
        const facts = await lstat(draft).catch(() => null);
        if (facts !== null && facts.mtimeMs + lifeMs < before.getTime()) await rm(draft, { force: true });
      }
    },
  };
}
