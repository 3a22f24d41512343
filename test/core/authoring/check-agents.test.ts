import { describe, expect, it } from 'vitest';
import { checkAgents } from '../../../src/core/authoring/check-agents.js';
import { parseWorkflow } from '../../../src/core/definition/compile.js';
import { HONOURED_BY, ASSISTANTS } from '../../../src/core/definition/assistants.js';
import { agentKeys } from '../../../src/core/definition/schema/agent-keys.js';
import type { ModelConfig } from '../../../src/core/project-config/project-config.js';
import { withNodes } from '../definition/compile.js';

const NO_MODELS: ModelConfig = { assistant: null, assistants: {}, tiers: {}, aliases: {} };

function issuesOf(text: string, models: Partial<ModelConfig> = {}) {
  const { draft, issues } = parseWorkflow({ file: 'f.yaml', text });
  if (draft === null || issues.hasErrors) throw new Error(JSON.stringify(issues.told()));
  const told = issues.empty();
  checkAgents(draft, { ...NO_MODELS, ...models }, told);
  return told.told();
}

/** `line:column CODE`, errors marked with `!`. */
const told = (text: string, models?: Partial<ModelConfig>): readonly string[] =>
  issuesOf(text, models).map(
    ({ line, column, code, severity }) => `${line}:${column} ${code}${severity === 'error' ? '!' : ''}`,
  );

const prompt = (keys: string): string => withNodes(`  - id: a\n    prompt: x\n${keys}`);

describe('a key that the provider of a node cannot honour', () => {
  it.each([
    ['hooks', '    provider: codex\n    hooks: { Stop: [{ response: {} }] }\n'],
    ['a list of tools', '    provider: codex\n    allowed_tools: []\n'],
    ['a list of denied tools', '    provider: codex\n    denied_tools: [Bash]\n'],
    ['skills', '    provider: codex\n    skills: [sql]\n'],
    ['agents', '    provider: pi\n    agents: { r: { description: d, prompt: p } }\n'],
    ['MCP servers', '    provider: pi\n    mcp: x.json\n'],
    ['effort', '    provider: opencode\n    effort: high\n'],
    ['thinking', '    provider: codex\n    thinking: adaptive\n'],
    ['a budget', '    provider: codex\n    maxBudgetUsd: 1\n'],
    ['a fallback', '    provider: codex\n    fallbackModel: x\n'],
    ['betas', '    provider: codex\n    betas: [b]\n'],
    ['a sandbox', '    provider: copilot\n    sandbox: { enabled: true }\n'],
    ['sources of settings', '    provider: copilot\n    settingSources: [user]\n'],
    ['settings of Pi', '    provider: claude\n    pi: { interactive: true }\n'],
  ])('is told at the key: %s', (_, keys) => {
    expect(told(prompt(keys))).toEqual(['7:5 KEY_UNSUPPORTED']);
  });

  it('is told of a loop, and in the body of a loop group, too', () => {
    const text = withNodes(
      '  - id: l\n    loop: { prompt: x, until: DONE, max_iterations: 2 }\n    mcp: m.json\n' +
        '  - id: g\n    loop_group:\n      until: DONE\n      max_iterations: 2\n' +
        '      nodes:\n        - id: b\n          prompt: x\n          mcp: m.json\n',
      'provider: pi\n',
    );
    expect(told(text)).toEqual(['6:5 KEY_UNSUPPORTED', '14:11 KEY_UNSUPPORTED']);
  });

  it('is told once where the workflow or the group says it, with the nodes that it is for', () => {
    const text = withNodes(
      '  - id: a\n    prompt: x\n  - id: b\n    prompt: y\n  - id: c\n    prompt: z\n    provider: codex\n',
      'webSearchMode: live\nmodelReasoningEffort: high\n',
    );
    expect(issuesOf(text)).toMatchObject([
      {
        ...{ line: 11, column: 1, code: 'KEY_UNSUPPORTED' },
        message: "'webSearchMode' means nothing to the provider 'claude', which runs 'a', 'b'",
        hint: 'remove it, or name another provider: codex',
      },
    ]);
    const opencode = withNodes(
      '  - id: a\n    prompt: x\n',
      'provider: opencode\nmodelReasoningEffort: high\n',
    );
    expect(told(opencode)).toEqual(['7:1 KEY_UNSUPPORTED']);
  });

  it('is judged by the config, where the file names no provider', () => {
    const text = prompt('    hooks: { Stop: [{ response: {} }] }\n');
    expect(told(text)).toEqual([]);
    expect(told(text, { assistant: 'codex' })).toEqual(['6:5 KEY_UNSUPPORTED']);
  });

  it('is judged by what the model stands for, before the provider that is named', () => {
    const text = prompt('    provider: claude\n    model: small\n    skills: [sql]\n');
    expect(told(text)).toEqual([]);
    const tiers = { small: { provider: 'codex', model: 'mini' } };
    expect(told(text, { tiers })).toEqual(['8:5 KEY_UNSUPPORTED']);
  });

  it('is known of every key that is not for all', () => {
    const forAll = ['provider', 'model', 'context', 'systemPrompt', 'persist_session'];
    const judged = Object.keys(HONOURED_BY);
    expect([...judged, ...forAll].sort()).toEqual([...Object.keys(agentKeys), 'webSearchMode'].sort());
    expect(
      Object.values(HONOURED_BY)
        .flat()
        .every((one) => ASSISTANTS.includes(one)),
    ).toBe(true);
  });
});

describe('the name of a tool', () => {
  it.each([
    [
      'that Claude does not know is told, with the nearest',
      'allowed_tools: [Read, Reed]',
      '6:27',
      "did you mean 'Read'?",
    ],
    ['that nothing is like is told', 'denied_tools: [Teleport]', '6:20', 'mcp__<server>__<tool>'],
    ['that Claude once had is told with its successor', 'allowed_tools: [Task]', '6:21', 'write Agent'],
    [
      'in the list of an inner agent is told',
      'agents: { r: { description: d, prompt: p, tools: [Wriet] } }',
      '6:55',
      "did you mean 'Write'?",
    ],
  ])('%s', (_, keys, place, hint) => {
    const [issue, ...others] = issuesOf(prompt(`    ${keys}\n`));
    expect(others).toEqual([]);
    expect(issue).toMatchObject({ code: 'TOOL_UNKNOWN', severity: 'warning' });
    expect(`${issue?.line}:${issue?.column}`).toBe(place);
    expect(issue?.hint).toContain(hint);
  });

  it.each([
    ['a rule about a tool', 'allowed_tools: ["Bash(git:*)"]'],
    ['a tool of an MCP server', 'allowed_tools: [mcp__github__get_issue]'],
    ['every tool', 'denied_tools: ["*"]'],
  ])('may be %s', (_, keys) => {
    expect(told(prompt(`    ${keys}\n`))).toEqual([]);
  });

  it('is not judged for providers whose tools are not known', () => {
    expect(told(prompt('    provider: opencode\n    allowed_tools: [teleport]\n'))).toEqual([]);
  });
});

describe('a model', () => {
  const aliases = { '@deep': { provider: 'claude', model: 'opus' } };

  it.each([
    ['a node', prompt("    model: '@dep'\n"), '6:12'],
    [
      'the workflow, once for all nodes',
      withNodes('  - id: a\n    prompt: x\n  - id: b\n    prompt: y\n', "model: '@dep'\n"),
      '8:8',
    ],
    ['an inner agent', prompt("    agents: { r: { description: d, prompt: p, model: '@dep' } }\n"), '6:54'],
    ['a fallback', prompt("    fallbackModel: '@dep'\n"), '6:20'],
  ])('that is an unknown alias is an error: of %s', (_, text, place) => {
    expect(issuesOf(text, { aliases })).toMatchObject([
      { code: 'MODEL_UNKNOWN', severity: 'error', hint: "did you mean '@deep'?" },
    ]);
    expect(told(text, { aliases })).toEqual([`${place} MODEL_UNKNOWN!`]);
  });

  it('that is nearly a tier is a warning', () => {
    expect(issuesOf(prompt('    model: meduim\n'))).toMatchObject([
      { line: 6, column: 12, code: 'MODEL_UNKNOWN', severity: 'warning', hint: "did you mean 'medium'?" },
    ]);
  });

  it.each(['small', 'medium', 'large', '"@deep"', 'claude-opus-4', 'opus', 'haiku'])('may be %s', (model) => {
    expect(told(prompt(`    model: ${model}\n`), { aliases })).toEqual([]);
  });
});
