import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory, runFake } from './fake-cli.js';

let directory: string;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ directory, remove } = await makeDirectory({}));
});
afterEach(() => remove());

async function put(path: string, text: string): Promise<void> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

interface Answer {
  readonly results: readonly { readonly issues: readonly Told[] }[];
  readonly config: { readonly issues: readonly Told[] };
}
interface Told {
  readonly level: string;
  readonly code: string;
  readonly line: number;
  readonly column: number;
  readonly nodeId?: string;
  readonly field: string;
}

/** `line:column level CODE node field` of every issue of the one workflow. */
async function told(nodes: string): Promise<readonly string[]> {
  await put('.archon/workflows/one.yaml', `name: one\ndescription: x\nnodes:\n${nodes}`);
  const { stdout } = await runFake(['validate', 'one', '--json'], { directory });
  const { results } = JSON.parse(stdout) as Answer;
  return results.flatMap(({ issues }) =>
    issues.map(
      ({ line, column, level, code, nodeId, field }) =>
        `${line}:${column} ${level} ${code} ${nodeId ?? '-'} ${field}`,
    ),
  );
}

describe('validate tells of what a node would not find', () => {
  it.each([
    ['a command', `  - id: a\n    command: plan\n`, ['5:14 error COMMAND_NOT_FOUND a command']],
    [
      'the command of a loop',
      `  - id: a\n    loop:\n      command: plan\n      until: DONE\n      max_iterations: 2\n`,
      ['6:16 error COMMAND_NOT_FOUND a loop.command'],
    ],
    [
      'a command in the body of a loop group',
      `  - id: g\n    loop_group:\n      until: DONE\n      max_iterations: 2\n      nodes:\n        - id: a\n          command: plan\n`,
      ['10:20 error COMMAND_NOT_FOUND a command'],
    ],
    [
      'a script, and what runs it',
      `  - id: a\n    script: report\n    runtime: uv\n`,
      ['5:13 error SCRIPT_NOT_FOUND a script', '6:14 warning RUNTIME_NOT_FOUND a runtime'],
    ],
    ['a workflow', `  - id: a\n    workflow: other\n`, ['5:15 error SUBRUN_NOT_FOUND a workflow']],
    [
      'a file of MCP servers',
      `  - id: a\n    prompt: hi\n    mcp: .archon/mcp/x.json\n`,
      ['6:10 error MCP_UNUSABLE a mcp'],
    ],
    [
      'a shape of its output',
      `  - id: a\n    bash: make\n    output_format: { type: text }\n`,
      ['6:20 error VALUE_INVALID a output_format'],
    ],
    [
      'a skill',
      `  - id: a\n    prompt: hi\n    skills: [sql, 'plugin:x']\n`,
      ['6:14 warning SKILL_NOT_FOUND a skills.0'],
    ],
    [
      'a tool',
      `  - id: a\n    prompt: hi\n    denied_tools: [Teleport]\n`,
      ['6:20 warning TOOL_UNKNOWN a denied_tools.0'],
    ],
    [
      'a provider that can do what is asked',
      `  - id: a\n    prompt: hi\n    provider: pi\n    mcp: .archon/config.yaml\n`,
      ['7:5 warning KEY_UNSUPPORTED a mcp', '7:10 error MCP_UNUSABLE a mcp'],
    ],
    ['an end', `  - id: a\n    workflow: one\n`, ['5:15 error SUBRUN_CYCLE a workflow']],
    ['a model', `  - id: a\n    prompt: hi\n    model: '@deep'\n`, ['6:12 error MODEL_UNKNOWN a model']],
  ])('%s', async (_, nodes, expected) => {
    expect(await told(nodes)).toEqual(expected);
  });

  it('and of nothing when all is there', async () => {
    await put('.archon/commands/plan.md', 'Plan.');
    await put('.archon/scripts/report.py', '');
    await put('.archon/mcp/x.json', '{}');
    await put('.claude/skills/sql/SKILL.md', 'SQL.');
    await put('.archon/workflows/two.yaml', `name: two\ndescription: x\nnodes: [{ id: a, bash: 'true' }]\n`);
    await put('.archon/config.yaml', `aliases: { '@deep': { provider: claude, model: opus } }\n`);
    const nodes = `  - id: a
    command: plan
    model: '@deep'
    mcp: .archon/mcp/x.json
    skills: [sql]
    allowed_tools: [Read]
  - id: b
    script: report
    runtime: uv
  - id: c
    workflow: two
`;
    expect(await told(nodes)).toEqual(['12:14 warning RUNTIME_NOT_FOUND b runtime']);
  });
});

describe('validate', () => {
  it('says of each line whether it refuses the file', async () => {
    const text = `name: one\ndescription: x\ncolour: red\nnodes: [{ id: a, command: plan }]\n`;
    await put('.archon/workflows/one.yaml', text);
    const { stdout } = await runFake(['validate', 'one'], { directory });
    expect(stdout).toMatch(/one\.yaml:3:1 warning KEY_UNKNOWN [^]*one\.yaml:4:27 error COMMAND_NOT_FOUND /);
  });

  it('goes by the ending of a named script for what runs it', async () => {
    await put('.archon/scripts/report.py', '');
    expect(await told(`  - id: a\n    script: report\n    runtime: bun\n`)).toEqual([
      '6:14 warning VALUE_IGNORED a runtime',
      '6:14 warning RUNTIME_NOT_FOUND a runtime',
    ]);
  });

  it('reads the name of a sub-run as the name that a person gives', async () => {
    await put(
      '.archon/workflows/x.yaml',
      `name: team-plan\ndescription: x\nnodes: [{ id: a, bash: 'true' }]\n`,
    );
    expect(await told(`  - id: a\n    workflow: plan\n`)).toEqual([]);
    await put(
      '.archon/workflows/y.yaml',
      `name: our-plan\ndescription: x\nnodes: [{ id: a, bash: 'true' }]\n`,
    );
    expect(await told(`  - id: a\n    workflow: plan\n`)).toEqual(['5:15 error SUBRUN_NOT_FOUND a workflow']);
  });

  it('tells a skill that lies where Claude does not look', async () => {
    await put('.agents/skills/sql/SKILL.md', 'SQL.');
    await put(
      '.archon/workflows/one.yaml',
      `name: one\ndescription: x\nnodes:\n  - id: a\n    prompt: hi\n    skills: [sql]\n`,
    );
    const { stdout } = await runFake(['validate', 'one'], { directory });
    expect(stdout).toContain('one.yaml:6:14 warning SKILL_NOT_FOUND');
    expect(stdout).toContain(join('.agents', 'skills') + ', where its agent does not look');
  });

  it('tells the command that was probably meant', async () => {
    await put('.archon/commands/plan.md', 'Plan.');
    await put('.archon/workflows/one.yaml', `name: one\ndescription: x\nnodes: [{ id: a, command: plam }]\n`);
    const { stdout } = await runFake(['validate', 'one'], { directory });
    expect(stdout).toContain("did you mean 'plan'?");
  });

  it('tells a broken file’s missing files beside its own faults', async () => {
    expect(await told(`  - id: a\n    command: plan\n    when: x\n    depends_on: [b]\n`)).toEqual(
      expect.arrayContaining([
        '5:14 error COMMAND_NOT_FOUND a command',
        expect.stringContaining('UNKNOWN_DEPENDENCY a depends_on'),
      ]),
    );
  });

  it('tells what is wrong with the config, and ends with 65', async () => {
    await put('.archon/workflows/one.yaml', `name: one\ndescription: x\nnodes: [{ id: a, bash: 'true' }]\n`);
    await put('.archon/config.yaml', 'docs: 1\ndocks: 2\n');
    const result = await runFake(['validate'], { directory });
    expect(result.exitCode).toBe(65);
    expect(result.stdout).toMatch(/^one +ok/m);
    expect(result.stdout).toMatch(/^config +ERRORS$/m);
    expect(result.stdout).toContain('config.yaml:1:7 error VALUE_INVALID');
    expect(result.stdout).toContain('config.yaml:2:1 warning KEY_UNKNOWN');
  });

  it('lets a run be refused for its config, with file and line', async () => {
    await put('.archon/workflows/one.yaml', `name: one\ndescription: x\nnodes: [{ id: a, bash: 'true' }]\n`);
    await put('.archon/config.yaml', 'docs: 1\n');
    const result = await runFake(['run', 'one'], { directory });
    expect(result.exitCode).toBe(65);
    expect(result.stderr).toContain('config.yaml:1:7 error VALUE_INVALID');
  });
});

describe('validate commands', () => {
  beforeEach(async () => {
    await put('.archon/commands/plan.md', 'Plan.');
    await put('.archon/commands/team/blank.md', '\n');
  });

  it('tells of each whether it can be used', async () => {
    const result = await runFake(['validate', 'commands'], { directory });
    expect(result.exitCode).toBe(65);
    expect(result.stdout).toMatch(/^blank +ERRORS/m);
    expect(result.stdout).toMatch(/^plan +ok/m);
  });

  it('tells of one, in Archon’s words too', async () => {
    const result = await runFake(['validate', 'commands', 'plan', '--json'], { directory });
    expect(JSON.parse(result.stdout)).toMatchObject({
      ok: true,
      results: [{ commandName: 'plan', valid: true, issues: [] }],
      summary: { total: 1, valid: 1, errors: 0, warnings: 0 },
    });
  });

  it('knows what was probably meant', async () => {
    const result = await runFake(['validate', 'commands', 'plam'], { directory });
    expect(result.exitCode).toBe(64);
    expect(result.stderr).toContain('did you mean plan?');
  });
});
