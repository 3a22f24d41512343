import type { Schedule } from '../definition/definition.js';
import type { JsonObject } from '../json.js';
import type { ConfigValues, ModelChoice } from './config-schema.js';

/** How worktrees of runs are made. Null: not said. */
export interface WorktreeConfig {
  /** Whether runs get one, unless their caller or definition says otherwise. Absent: not said. */
  readonly isWanted?: boolean;
  readonly baseBranch: string | null;
  /** Files that git ignores and a worktree gets all the same; relative. */
  readonly copyFiles: readonly string[];
  readonly initSubmodules: boolean;
  /** Folder of the repository that holds them; null: `$ARCHON_HOME` does. */
  readonly path: string | null;
  readonly remote: string | null;
}

/** Which models agents use. */
export interface ModelConfig {
  /** Provider of nodes that name none. */
  readonly assistant: string | null;
  /** Settings by provider. */
  readonly assistants: Readonly<Record<string, JsonObject>>;
  readonly tiers: NonNullable<ConfigValues['tiers']>;
  /** By name, which begins with `@`. */
  readonly aliases: Readonly<Record<string, ModelChoice>>;
}

/** What the config files of a project and of its user say together. */
export interface ProjectConfig {
  /** `$DOCS_DIR`. */
  readonly docsPath: string;
  /** Variables for nodes. They may hold secrets: never in Temporal's history. */
  readonly environment: Readonly<Record<string, string>>;
  readonly worktree: WorktreeConfig;
  /** One more folder of commands, relative to the project. */
  readonly commandsFolder: string | null;
  readonly loadsDefaultWorkflows: boolean;
  readonly loadsDefaultCommands: boolean;
  /** Of definitions that name none. */
  readonly schedule: Schedule | null;
  readonly models: ModelConfig;
}

const DEFAULT_DOCS_PATH = 'docs/';

/**
 * One config out of what the files say.
 * @param files from the weakest scope to the strongest; a later one wins key by key, in maps name by name
 */
export function mergeConfigs(files: readonly ConfigValues[]): ProjectConfig {
  const commands = together(files, 'commands');
  const defaults = together(files, 'defaults');
  const { path: docsPath = DEFAULT_DOCS_PATH } = together(files, 'docs');
  return {
    docsPath,
    environment: together(files, 'env'),
    worktree: worktreeOf(files),
    commandsFolder: commands.folder ?? null,
    loadsDefaultWorkflows: defaults.loadDefaultWorkflows ?? true,
    loadsDefaultCommands: defaults.loadDefaultCommands ?? true,
    schedule: last(files, ({ schedule }) => schedule),
    models: {
      assistant: last(files, ({ assistant, defaultAssistant }) => assistant ?? defaultAssistant),
      assistants: assistantsOf(files),
      tiers: together(files, 'tiers'),
      aliases: together(files, 'aliases'),
    },
  };
}

function worktreeOf(files: readonly ConfigValues[]): WorktreeConfig {
  const { enabled, baseBranch, copyFiles, initSubmodules, path, remote } = together(files, 'worktree');
  return {
    ...(enabled === undefined ? {} : { isWanted: enabled }),
    baseBranch: baseBranch ?? null,
    copyFiles: copyFiles ?? [],
    initSubmodules: initSubmodules ?? true,
    path: path ?? null,
    remote: remote ?? null,
  };
}

/** Settings of one provider in two files are one map. */
function assistantsOf(files: readonly ConfigValues[]): Readonly<Record<string, JsonObject>> {
  const merged: Record<string, JsonObject> = {};
  for (const { assistants = {} } of files) {
    for (const [provider, settings] of Object.entries(assistants)) {
      merged[provider] = { ...merged[provider], ...settings };
    }
  }
  return merged;
}

type MapKey = 'aliases' | 'commands' | 'defaults' | 'docs' | 'env' | 'tiers' | 'worktree';

function together<Key extends MapKey>(
  files: readonly ConfigValues[],
  key: Key,
): NonNullable<ConfigValues[Key]> {
  const maps = files.map((file) => file[key] ?? {});
  return Object.assign({}, ...maps) as NonNullable<ConfigValues[Key]>;
}

function last<Value>(
  files: readonly ConfigValues[],
  read: (values: ConfigValues) => Value | undefined,
): Value | null {
  return files.map(read).findLast((value) => value !== undefined) ?? null;
}
