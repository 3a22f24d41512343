import { z } from 'zod';
import { ASSISTANTS } from '../assistants.js';
import { filled, flag, keyed, listOf, mapOf, oneOf, text, trimmed } from '../schema-words.js';

/** Those of the Claude Agent SDK. */
const HOOK_EVENTS = [
  'PreToolUse',
  'PostToolUse',
  'PostToolUseFailure',
  'Notification',
  'UserPromptSubmit',
  'SessionStart',
  'SessionEnd',
  'Stop',
  'StopFailure',
  'SubagentStart',
  'SubagentStop',
  'PreCompact',
  'PostCompact',
  'PermissionRequest',
  'Setup',
  'TeammateIdle',
  'TaskCreated',
  'TaskCompleted',
  'Elicitation',
  'ElicitationResult',
  'ConfigChange',
  'WorktreeCreate',
  'WorktreeRemove',
  'InstructionsLoaded',
  'CwdChanged',
  'FileChanged',
] as const;

const EFFORTS = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/** The value of an agent's setting that is handed on as it is. */
const anyMap = z.record(z.string(), z.json(), { error: 'must be a map' });

const HOOK_KEYS = ['matcher', 'response', 'timeout'];
/** Unknown keys refuse the file: a hook that does not fire is no small thing. */
const hook = z
  .looseObject(
    {
      matcher: keyed(text, 'Which tools or events it is for.', 'Edit|Write').optional(),
      response: keyed(anyMap, 'What the hook answers.', { decision: 'block' }),
      timeout: keyed(
        z.number({ error: 'must be a number of seconds' }).positive({ error: 'must be more than 0' }),
        'Seconds that the answer may take.',
        60,
      ).optional(),
    },
    { error: 'must be a map of matcher, response and timeout' },
  )
  .superRefine((one, context) => {
    for (const key of Object.keys(one).filter((name) => !HOOK_KEYS.includes(name)))
      context.addIssue({ code: 'custom', message: `must be one of ${HOOK_KEYS.join(', ')}`, path: [key] });
  });

const hookEvent = z.string().refine((event) => HOOK_EVENTS.some((known) => known === event));
const hooks = z.record(hookEvent, listOf(hook), {
  error: ({ code }) =>
    code === 'invalid_key'
      ? `is no event: must be one of ${HOOK_EVENTS.join(', ')}`
      : 'must be a map of hooks by event',
});

const agent = mapOf({
  description: keyed(filled, 'When to use it.', 'Reviews SQL'),
  prompt: keyed(filled, 'What it is told.', 'You review SQL.'),
  model: keyed(filled, 'Its model.', 'small').optional(),
  tools: keyed(listOf(filled), 'Tools that it has.', ['Read']).optional(),
  disallowedTools: keyed(listOf(filled), 'Tools that it has not.', ['Bash']).optional(),
  skills: keyed(listOf(filled), 'Skills that it has.', ['sql']).optional(),
  maxTurns: keyed(
    z.int({ error: 'must be a whole number' }).positive({ error: 'must be more than 0' }),
    'How long it may go on.',
    10,
  ).optional(),
});

const pi = mapOf({
  enableExtensions: keyed(flag, 'Whether extensions are loaded.', true).optional(),
  interactive: keyed(flag, 'Whether extensions may ask.', false).optional(),
  extensionFlags: keyed(
    z.record(z.string(), z.union([flag, text]), { error: 'must be a map of flags' }),
    'Flags for extensions.',
    { plan: true },
  ).optional(),
});

const thinking = z.union(
  [
    z.enum(['adaptive', 'enabled', 'disabled']),
    z.strictObject({
      type: z.enum(['adaptive', 'enabled', 'disabled']),
      budgetTokens: z.int().positive().optional(),
    }),
  ],
  { error: 'must be adaptive, enabled, disabled, or a map of type and budgetTokens' },
);

/** Settings that a whole workflow may have, too. */
export const sharedAgentKeys = {
  provider: keyed(
    trimmed.refine((name) => ASSISTANTS.some((known) => known === name), {
      error: `must be one of ${ASSISTANTS.join(', ')}`,
    }),
    'Who runs the agent.',
    'claude',
  ).optional(),
  model: keyed(filled, 'A model, a tier (small, medium, large), or an @alias.', 'large').optional(),
  effort: keyed(oneOf(EFFORTS), 'How deep it thinks.', 'high').optional(),
  thinking: keyed(thinking, 'How it thinks (Claude).', 'adaptive').optional(),
  fallbackModel: keyed(filled, 'A model for when the first is overloaded (Claude).', 'small').optional(),
  betas: keyed(listOf(filled).min(1, { error: 'must not be empty' }), 'Beta headers (Claude).', [
    'context-1m',
  ]).optional(),
  sandbox: keyed(anyMap, 'Sandbox settings (Claude).', { enabled: true }).optional(),
};

/** Settings of one agent. */
export const agentKeys = {
  ...sharedAgentKeys,
  context: keyed(
    z.union([z.enum(['fresh', 'shared']), z.strictObject({ resume: trimmed })], {
      error: 'must be fresh, shared, or {resume: node}',
    }),
    'Which session the agent goes on with.',
    'fresh',
  ).optional(),
  allowed_tools: keyed(listOf(filled), 'Tools that it has; none, for an empty list.', ['Read']).optional(),
  denied_tools: keyed(listOf(filled), 'Tools that it has not.', ['Bash']).optional(),
  hooks: keyed(hooks, 'Answers to events of the agent (Claude).', {
    PreToolUse: [{ matcher: 'Bash', response: { decision: 'block' } }],
  }).optional(),
  mcp: keyed(filled, 'A JSON file of MCP servers, relative to the working path.', 'mcp.json').optional(),
  skills: keyed(listOf(filled).min(1, { error: 'must not be empty' }), 'Skills that it has.', [
    'sql',
  ]).optional(),
  agents: keyed(
    z
      .record(z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/), agent, {
        error: ({ code }) =>
          code === 'invalid_key' ? 'must have a name in kebab-case' : 'must be a map of agents',
      })
      .refine((agents) => Object.keys(agents).length > 0, { error: 'must not be empty' }),
    'Agents that it may call.',
    { reviewer: { description: 'Reviews SQL', prompt: 'You review SQL.' } },
  ).optional(),
  maxBudgetUsd: keyed(
    z.number({ error: 'must be a number' }).positive({ error: 'must be more than 0' }),
    'What it may cost, in US dollars.',
    2,
  ).optional(),
  systemPrompt: keyed(filled, 'Replaces the system prompt.', 'You are terse.').optional(),
  settingSources: keyed(listOf(oneOf(['project', 'user'])), 'Which settings files it reads.', [
    'project',
  ]).optional(),
  pi: keyed(pi, 'Settings for Pi.', { enableExtensions: true }).optional(),
  persist_session: keyed(flag, 'Goes on with the session of the last run.', true).optional(),
};
