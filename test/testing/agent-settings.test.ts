import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestbed, type Json, type Stub, type Testbed } from '../../src/testing/index.js';
import { workflowBundle } from '../support/workflow-bundle.js';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await createTestbed({ workflowCode: workflowBundle() });
});
afterAll(() => testbed.close());

/** Settings that a workflow may have for all its agents. */
const SHARED: Readonly<Record<string, Json>> = {
  provider: 'claude',
  model: 'opus',
  effort: 'high',
  thinking: { type: 'enabled', budgetTokens: 1000 },
  fallbackModel: 'small',
  betas: ['context-1m'],
  sandbox: { enabled: true, network: { allow: ['x'] } },
};
/** Those of one node alone. */
const OWN: Readonly<Record<string, Json>> = {
  allowed_tools: [],
  denied_tools: ['Bash'],
  hooks: { Stop: [{ matcher: 'a|b', response: { decision: 'block' }, timeout: 5 }] },
  mcp: 'servers.json',
  skills: ['sql'],
  agents: {
    reviewer: {
      ...{ description: 'Reviews', prompt: 'You review.', model: 'small', tools: ['Read'] },
      ...{ disallowedTools: ['Write'], skills: ['sql'], maxTurns: 3 },
    },
  },
  maxBudgetUsd: 1.5,
  systemPrompt: 'Be brief.',
  settingSources: ['project'],
  pi: { enableExtensions: true, interactive: false, extensionFlags: { plan: true } },
};

const LOOP = { prompt: 'Go', until: 'DONE', max_iterations: 1 };
const group = (settings: Readonly<Record<string, Json>>, body: Readonly<Record<string, Json>> = {}): Json => {
  const loop_group = { until: 'DONE', max_iterations: 1, nodes: [{ id: 'inner', prompt: 'Go', ...body }] };
  return { id: 'a', loop_group, ...settings };
};

/** What the agents of a workflow of these nodes are run with. */
async function settingsIn(nodes: readonly Json[], keys: Readonly<Record<string, Json>> = {}, id = 'a') {
  const yaml = JSON.stringify({ name: 'w', description: 'W', ...keys, nodes });
  const otherwise: Stub = 'DONE';
  const run = await testbed.run({ yaml }, { otherwise });
  expect(run.outcome).toMatchObject({ status: 'completed' });
  return run.node(id).calls[0]?.settings;
}

describe('a setting reaches the turn of its agent as it is written', () => {
  it.each(Object.entries({ ...SHARED, ...OWN }))('%s', async (key, value) => {
    expect(await settingsIn([{ id: 'a', prompt: 'Go', [key]: value }])).toEqual({ [key]: value });
    const own = await settingsIn([{ id: 'a', loop: LOOP, [key]: value }]);
    expect(own).toEqual({ [key]: value });
  });
});

describe('a setting of the workflow', () => {
  it.each(Object.entries(SHARED))('%s is that of every agent without its own', async (key, value) => {
    const all = { [key]: value };
    expect(await settingsIn([{ id: 'a', prompt: 'Go' }], all)).toEqual(all);
    expect(await settingsIn([{ id: 'a', loop: LOOP }], all)).toEqual(all);
    expect(await settingsIn([group({})], all, 'a.inner')).toEqual(all);
  });

  it.each([
    ['effort', { effort: 'low' }, { effort: 'high' }, { effort: 'high' }],
    ['a model for one of another provider', { model: 'opus' }, { provider: 'pi' }, { provider: 'pi' }],
    [
      'a model for one of the same provider',
      { provider: 'pi', model: 'opus' },
      { provider: 'pi' },
      { provider: 'pi', model: 'opus' },
    ],
    ['the older name of effort', { modelReasoningEffort: 'low' }, {}, { effort: 'low' }],
    ['a way to search', { webSearchMode: 'live' }, {}, { webSearchMode: 'live' }],
  ] as const)('%s', async (_what, all, own, expected) => {
    expect(await settingsIn([{ id: 'a', prompt: 'Go', ...own }], all)).toEqual(expected);
  });

  it('persist_sessions is for agents outside of bodies', async () => {
    const all = { persist_sessions: true };
    expect(await settingsIn([{ id: 'a', prompt: 'Go' }], all)).toEqual({ persist_session: true });
    const outside = { id: 'b', prompt: 'Go' };
    expect(await settingsIn([outside, group({})], all, 'a.inner')).toEqual({});
  });
});

it('a loop group hands its settings to its body', async () => {
  expect(
    await settingsIn([group({ model: 'opus', effort: 'low' }, { effort: 'high' })], {}, 'a.inner'),
  ).toEqual({ model: 'opus', effort: 'high' });
});
