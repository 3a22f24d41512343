import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, lstatSync, readFileSync } from 'node:fs';
import { rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../../core/errors.js';
import { isRunId } from '../../core/ids.js';
import { isJsonObject } from '../../core/json.js';
import type { EnvironmentStore } from '../../ports/run-files.js';
import {
  createPrivateFile,
  intrusionOf,
  makePrivateDirectory,
  openWithoutFollowing,
} from './private-files.js';

type Environment = Readonly<Record<string, string>>;

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

/** JSON, because it carries every string unchanged, lone surrogates included. */
function parseEnvironment(text: string): Environment | null {
  try {
    const value: unknown = JSON.parse(text);
    const isEnvironment =
      isJsonObject(value) && Object.values(value).every((entry) => typeof entry === 'string');
    return isEnvironment ? (value as Environment) : null;
  } catch {
    return null;
  }
}

function readChecked(file: number, path: string): Environment {
  const stat = fstatSync(file);
  const intrusion = intrusionOf(stat);
  if (!stat.isFile()) throw unreadable(path, 'it is no file');
  if (intrusion !== null) throw unreadable(path, intrusion);
  if (stat.nlink !== 1) throw unreadable(path, 'it has a second name');
  if (stat.size > MAX_BYTES) throw unreadable(path, `it is ${stat.size} bytes`);
  const environment = parseEnvironment(readFileSync(file, 'utf8'));
  if (environment === null) throw unreadable(path, 'it is damaged');
  return environment;
}

/** Not asynchronous: every attempt reads one, in less time than one turn of Node's thread pool takes. */
function readEnvironment(directory: string, path: string): Environment | null {
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

/** Keeps environments in `<home>/env`, one file per run. */
export function makeEnvironmentStore(home: string): EnvironmentStore {
  const directory = join(home, 'env');

  const pathOf = (runId: string): string => {
    if (isRunId(runId)) return join(directory, runId);
    throw unreadable(directory, `${JSON.stringify(runId)} is no run id`);
  };

  return {
    async save(runId, environment) {
      const path = pathOf(runId);
      const problem = await makePrivateDirectory(directory);
      if (problem !== null) throw unreadable(directory, problem);
      const draft = `${path}.${randomUUID()}`;
      try {
        const file = await createPrivateFile(draft);
        try {
          await file.writeFile(JSON.stringify(environment));
          await file.datasync();
        } finally {
          await file.close();
        }
        await rename(draft, path);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },

    async load(runId) {
      const path = pathOf(runId);
      try {
        return await Promise.resolve(readEnvironment(directory, path));
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
  };
}
