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

export interface ScriptFinder {
  find(name: string): Promise<ScriptFinding>;
}

/** Finds named scripts. Folders are listed once. */
export function makeScriptFinder(scopes: Scopes): ScriptFinder {
  const folders = scopeFolders(scopes, 'scripts').map(({ scope, folder }) => ({
    folder,
    capturedAs: `${scope}/scripts`,
  }));
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

function chosen(named: readonly FoundFile[], from: ScriptFolder): ScriptFinding {
  const [only, ...others] = named;
  const runtime = only === undefined ? null : runtimeOfFile(only.basename);
  if (only === undefined || runtime === null || others.length > 0) {
    const files = named.map(({ file }) => file).join(' and ');
    return { kind: 'refused', problem: `may be any of ${files}; keep one` };
  }
  return { kind: 'found', file: only.file, runtime, from };
}
