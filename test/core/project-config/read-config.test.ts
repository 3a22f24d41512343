import { describe, expect, it } from 'vitest';
import { mergeConfigs } from '../../../src/core/project-config/project-config.js';
import { readConfigFile, type ConfigScope } from '../../../src/core/project-config/read-config.js';

const read = (text: string, scope: ConfigScope = 'project') =>
  readConfigFile({ file: 'c.yaml', text }, scope);

/** What a file that is accepted makes of the defaults. */
function configOf(text: string, scope: ConfigScope = 'project') {
  const reading = read(text, scope);
  if (reading.kind === 'refused') throw new Error(JSON.stringify(reading.issues));
  return mergeConfigs([reading.values]);
}

/** `line:column CODE` of everything that is told. */
function told(text: string, scope: ConfigScope = 'project'): readonly string[] {
  const reading = read(text, scope);
  const issues = reading.kind === 'refused' ? reading.issues : reading.warnings;
  return issues.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

describe('a config file', () => {
  it.each([
    ...[[''], ['# nothing\n'], ['{}'], ['docs: {}\nworktree: {}\n']],
    ...[
      ['env:\n  # A: 1\nworktree:\n'],
      ['worktree:\n  baseBranch:\n  copyFiles:\ntiers: { small: }\nassistant:\n'],
    ],
  ])('may say nothing: %j', (text) => {
    expect(configOf(text)).toEqual({
      docsPath: 'docs/',
      environment: {},
      worktree: { baseBranch: null, copyFiles: [], initSubmodules: true, path: null, remote: null },
      commandsFolder: null,
      loadsDefaultWorkflows: true,
      loadsDefaultCommands: true,
      schedule: null,
      models: { assistant: null, assistants: {}, tiers: {}, aliases: {} },
    });
  });

  it('says where documents, commands and worktrees are, and what nodes get', () => {
    const config = configOf(`
docs: { path: handbook/ }
env: { NODE_ENV: test, PORT: 3000, DEBUG: true }
commands: { folder: .claude/commands }
worktree:
  enabled: true
  baseBranch: develop
  copyFiles: [.env, config/local.json]
  initSubmodules: false
  path: .worktrees
  remote: upstream
defaults: { loadDefaultWorkflows: false, loadDefaultCommands: false }
schedule: dataflow
`);
    expect(config).toMatchObject({
      docsPath: 'handbook/',
      environment: { NODE_ENV: 'test', PORT: '3000', DEBUG: 'true' },
      commandsFolder: '.claude/commands',
      worktree: {
        isWanted: true,
        baseBranch: 'develop',
        copyFiles: ['.env', 'config/local.json'],
        initSubmodules: false,
        path: '.worktrees',
        remote: 'upstream',
      },
      loadsDefaultWorkflows: false,
      loadsDefaultCommands: false,
      schedule: 'dataflow',
    });
  });

  it('keeps what agents need', () => {
    const { models } = configOf(`
assistant: codex
assistants: { claude: { model: sonnet, settingSources: [project] } }
tiers: { small: { provider: claude, model: haiku, effort: low } }
aliases: { '@deep': { provider: claude, model: opus, thinking: { type: enabled, budgetTokens: 4000 } } }
`);
    expect(models).toEqual({
      assistant: 'codex',
      assistants: { claude: { model: 'sonnet', settingSources: ['project'] } },
      tiers: { small: { provider: 'claude', model: 'haiku', effort: 'low' } },
      aliases: {
        '@deep': { provider: 'claude', model: 'opus', thinking: { type: 'enabled', budgetTokens: 4000 } },
      },
    });
  });

  it.each([
    ['is no YAML', 'docs: [', '1:8 YAML_INVALID'],
    ['is a list', '- docs\n', '1:1 VALUE_INVALID'],
    ['has a key twice', 'docs: {}\ndocs: {}\n', '2:1 DUPLICATE_KEY'],
    ['gives a text for a map', 'worktree: main\n', '1:11 VALUE_INVALID'],
    ['gives nothing for a variable', 'env:\n  A:\n', '2:5 VALUE_INVALID'],
    ['gives a list for a variable', 'env:\n  PATHS: [a, b]\n', '2:10 VALUE_INVALID'],
    ['names a variable with =', 'env:\n  A=B: c\n', '2:8 VALUE_INVALID'],
    ['has an unknown schedule', 'schedule: later\n', '1:11 VALUE_INVALID'],
    ['leads a worktree out of the repository', 'worktree:\n  path: ../trees\n', '2:9 VALUE_INVALID'],
    ['gives an absolute path for commands', 'commands: { folder: /etc }\n', '1:21 VALUE_INVALID'],
    ['has an alias without @', 'aliases: { deep: { provider: claude, model: b } }\n', '1:18 VALUE_INVALID'],
    ['has a tier without a model', 'tiers: { small: { provider: claude } }\n', '1:17 KEY_MISSING'],
    ['has a tier of nobody', 'tiers:\n  small: { provider: claud, model: x }\n', '2:22 VALUE_INVALID'],
    ['has an alias of nobody', "aliases:\n  '@x': { provider: me, model: x }\n", '2:21 VALUE_INVALID'],
    ['names an assistant that nobody is', 'assistant: claud\n', '1:12 VALUE_INVALID'],
  ])('that %s is refused, with its place', (_, text, expected) => {
    expect(read(text)).toMatchObject({ kind: 'refused' });
    expect(told(text)).toEqual([expected]);
  });

  it.each<[string, string, ConfigScope, string]>([
    ['an unknown key', 'docks: {}\n', 'project', '1:1 KEY_UNKNOWN'],
    ['an unknown key without a value', 'worktree:\nbaseBranch:\n', 'project', '2:1 KEY_UNKNOWN'],
    ['an unknown nested key', 'docs:\n  paths: x\n', 'project', '2:3 KEY_UNKNOWN'],
    ['a key that does nothing here', 'container: { enabled: true }\n', 'project', '1:1 KEY_IGNORED'],
    ["the user's key in a project", 'defaultAssistant: claude\n', 'project', '1:1 KEY_IGNORED'],
    ["a project's key in the user's file", 'assistant: claude\n', 'global', '1:1 KEY_IGNORED'],
  ])('with %s is told so, and counts', (_, text, scope, expected) => {
    expect(read(text, scope)).toMatchObject({ kind: 'read' });
    expect(told(text, scope)).toEqual([expected]);
    expect(configOf(text, scope)).toEqual(mergeConfigs([]));
  });

  it('with settings for nobody is told so, with whom may be meant', () => {
    const reading = read('assistants:\n  claud: { model: x }\n');
    expect(reading).toMatchObject({
      kind: 'read',
      warnings: [{ line: 2, column: 3, code: 'KEY_UNKNOWN', hint: "did you mean 'claude'?" }],
    });
  });

  it('is told what is wrong with the name of a variable', () => {
    expect(read('env: { A=B: c }')).toMatchObject({
      issues: [{ message: '\'env.A=B\' of the config is no name of a variable; it is "c"' }],
    });
  });

  it('is told everything at once', () => {
    expect(told('docks: {}\nschedule: no\nenv: 1\n')).toEqual([
      '1:1 KEY_UNKNOWN',
      '2:11 VALUE_INVALID',
      '3:6 VALUE_INVALID',
    ]);
  });

  it('is told what was probably meant', () => {
    const reading = read('worktree:\n  baseBrunch: main\n');
    expect(reading).toMatchObject({ warnings: [{ hint: "did you mean 'baseBranch'?" }] });
  });
});

describe('two config files', () => {
  it('count together, key by key, and the later one wins', () => {
    const merged = mergeConfigs([
      {
        docs: { path: 'a' },
        env: { A: '1', B: '1' },
        worktree: { remote: 'x', path: 'w' },
        schedule: 'layers',
      },
      { env: { B: '2' }, worktree: { remote: 'y' }, defaults: { loadDefaultCommands: false } },
    ]);
    expect(merged).toMatchObject({
      docsPath: 'a',
      environment: { A: '1', B: '2' },
      worktree: { remote: 'y', path: 'w' },
      schedule: 'layers',
      loadsDefaultCommands: false,
      loadsDefaultWorkflows: true,
    });
  });

  it("keep the user's assistant where the project names none, and join what is said of one provider", () => {
    const { models } = mergeConfigs([
      { defaultAssistant: 'claude', assistants: { claude: { model: 'opus', effort: 'low' } } },
      { assistants: { claude: { model: 'haiku' } } },
    ]);
    expect(models.assistant).toBe('claude');
    expect(models.assistants).toEqual({ claude: { model: 'haiku', effort: 'low' } });
  });
});
