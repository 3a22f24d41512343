import { join } from 'node:path';
import type { ScriptRuntime } from '../../core/definition/definition.js';
import { isResourceName, runtimeOfFile, SCRIPT_FILE } from '../../core/definition/resource-name.js';
import { filesOfTwoLevels, type FoundFile } from './folder-entries.js';
import { scopeFolders, type Scopes } from './scopes.js';

/** A folder whose scripts may be named. */
export interface ScriptFolder {
  /** Absolute. */
  readonly folder: string;
  /** Where its copy lies in a run's captured source: `project/scripts`. */
  readonly capturedAs: string;
}

export type ScriptFinding =
  | {
      readonly kind: 'found';
      readonly file: string;
      readonly runtime: ScriptRuntime;
      readonly from: ScriptFolder;
    }
  /** `problem` continues "the script x". */
  | { readonly kind: 'refused'; readonly problem: string };

/** Where the scripts of a workflow are looked for. */
export interface ScriptPlaces {
  readonly scopes: Scopes;
  /** The package that the workflow lies in, its own folder and how it is called; null: in none. */
  readonly package: { readonly folder: string; readonly name: string } | null;
}

export interface ScriptFinder {
  find(name: string): Promise<ScriptFinding>;
}

/** Finds named scripts. Folders are listed once. */
export function makeScriptFinder(places: ScriptPlaces): ScriptFinder {
  const folders = scriptFolders(places);
  let listings: Promise<readonly (readonly FoundFile[])[]> | null = null;
  const listed = () =>
    (listings ??= Promise.all(folders.map(({ folder }) => filesOfTwoLevels(folder, SCRIPT_FILE))));
  return {
    find: async (name) => {
      if (!isResourceName(name)) {
        return { kind: 'refused', problem: `has no name that a file may have: ${JSON.stringify(name)}` };
      }
      for (const [index, files] of (await listed()).entries()) {
        const from = folders[index];
        const named = files.filter(({ basename }) => basename.replace(SCRIPT_FILE, '') === name);
        if (from !== undefined && named.length > 0) return chosen(named, from);
      }
      const searched = folders.map(({ folder }) => folder).join(', ');
      return {
        kind: 'refused',
        problem: `is not there: none of ${searched} has ${name}.ts, ${name}.js or ${name}.py`,
      };
    },
  };
}

function scriptFolders({ scopes, package: pack }: ScriptPlaces): readonly ScriptFolder[] {
  return [
    ...(pack === null
      ? []
      : [{ folder: join(pack.folder, 'scripts'), capturedAs: `packages/${pack.name}/scripts` }]),
    ...scopeFolders(scopes, 'scripts').map(({ scope, folder }) => ({
      folder,
      capturedAs: `${scope}/scripts`,
    })),
  ];
}

function chosen(named: readonly FoundFile[], from: ScriptFolder): ScriptFinding {
  const [only, ...others] = named;
  const runtime = only === undefined ? null : runtimeOfFile(only.basename);
  if (only === undefined || runtime === null || others.length > 0) {
    const files = named.map(({ file }) => file).join(' and ');
    return { kind: 'refused', problem: `may be any of ${files}; keep one` };
  }
  return { kind: 'found', file: only.file, runtime, from };
}
