import { join, resolve } from 'node:path';
import { decodeFile } from '../../core/definition/decode-file.js';
import { isResourceName } from '../../core/definition/resource-name.js';
import type { ProjectConfig } from '../../core/project-config/project-config.js';
import { filesOfTwoLevels, readRegularFile, type FoundFile } from './folder-entries.js';
import { scopeFolders, type Scopes } from './scopes.js';

const COMMAND_FILE = /\.md$/;

/** The text of a command, or why there is none. */
export type CommandReading =
  | { readonly kind: 'found'; readonly file: string; readonly text: string }
  /** `problem` continues "the command x". */
  | { readonly kind: 'refused'; readonly problem: string };

/** A command file, not read yet. */
export interface CommandFile extends FoundFile {
  readonly name: string;
}

/** Where the commands of a workflow are looked for. */
export interface CommandPlaces {
  readonly scopes: Scopes;
  readonly config: ProjectConfig;
  /** Folder of the package that the workflow lies in; null: in none. */
  readonly package: string | null;
}

/** Finds commands by name. Folders are listed once. */
export interface CommandFinder {
  find(name: string): Promise<CommandReading>;
  /** All that can be found, one per name, in order of name. */
  list(): Promise<readonly CommandFile[]>;
}

export function makeCommandFinder(places: CommandPlaces): CommandFinder {
  const folders = commandFolders(places);
  let listing: Promise<ReadonlyMap<string, CommandFile>> | null = null;
  const files = () => (listing ??= listCommands(folders));
  return {
    find: async (name) => {
      if (!isResourceName(name)) {
        return { kind: 'refused', problem: `has no name that a file may have: ${JSON.stringify(name)}` };
      }
      const found = (await files()).get(name);
      return found === undefined
        ? { kind: 'refused', problem: `is not there: ${name}.md is in none of ${folders.join(', ')}` }
        : readCommand(found);
    },
    list: async () => [...(await files()).values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** From the first that is asked to the last. */
function commandFolders({ scopes, config, package: pack }: CommandPlaces): readonly string[] {
  const [project, ...others] = scopeFolders(scopes, 'commands').filter(
    ({ scope }) => scope !== 'bundled' || config.loadsDefaultCommands,
  );
  const own = project === undefined ? [] : [project.folder, join(project.folder, 'defaults')];
  return [
    ...(pack === null ? [] : [join(pack, 'commands')]),
    ...own,
    ...(config.commandsFolder === null ? [] : [resolve(scopes.root, config.commandsFolder)]),
    ...others.map(({ folder }) => folder),
  ];
}

/** Of several files for one name the first: in an earlier folder, or higher up in the same. */
async function listCommands(folders: readonly string[]): Promise<ReadonlyMap<string, CommandFile>> {
  const found = await Promise.all(folders.map((folder) => filesOfTwoLevels(folder, COMMAND_FILE)));
  const byName = new Map<string, CommandFile>();
  for (const one of found.flat()) {
    const name = one.basename.replace(COMMAND_FILE, '');
    if (!byName.has(name)) byName.set(name, { ...one, name });
  }
  return byName;
}

/** The body of a file is the prompt as it stands, front matter included. */
async function readCommand({ file }: CommandFile): Promise<CommandReading> {
  const reading = await readRegularFile(file);
  if (reading.kind !== 'read') {
    const reason = reading.kind === 'missing' ? 'it is gone' : reading.reason;
    return { kind: 'refused', problem: `cannot be read from ${file}: ${reason}` };
  }
  const decoding = decodeFile(reading.bytes);
  if (decoding.kind === 'refused') {
    return { kind: 'refused', problem: `cannot be read from ${file}: ${decoding.finding.message}` };
  }
  return decoding.text.trim() === ''
    ? { kind: 'refused', problem: `is empty: ${file}` }
    : { kind: 'found', file, text: decoding.text };
}
