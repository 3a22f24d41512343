import type { MapName } from './yaml-schema.js';

const AGENT_KEYS = ['provider', 'model', 'effort', 'thinking', 'fallbackModel', 'betas', 'sandbox'];

/** Kinds of node that the language has and this version has not. */
export const UNSUPPORTED_KINDS = [
  'command',
  'prompt',
  'script',
  'loop',
  'loop_group',
  'include',
  'workflow',
] as const;

/** Keys that the language has and this version has not, by the map that they stand in. */
export const UNSUPPORTED_KEYS: Readonly<Record<MapName | 'approval', readonly string[]>> = {
  workflow: [
    ...AGENT_KEYS,
    'modelReasoningEffort',
    'webSearchMode',
    'persist_sessions',
    'worktree',
    'container',
    'mutates_checkout',
    'evidence_policy',
    'requires',
    'returns',
    'outcome_field',
  ],
  node: [
    ...AGENT_KEYS,
    ...UNSUPPORTED_KINDS,
    'always_run',
    'output_type',
    'output_format',
    'idle_timeout',
    'context',
    'allowed_tools',
    'denied_tools',
    'hooks',
    'mcp',
    'skills',
    'agents',
    'maxBudgetUsd',
    'systemPrompt',
    'settingSources',
    'pi',
    'persist_session',
    'with',
    'runtime',
    'deps',
    'input',
    'isolation',
    'fan_out',
    'mutates_checkout',
  ],
  input: [],
  approval: ['on_reject'],
};
