import { z } from 'zod';
import { ASSISTANTS } from '../definition/assistants.js';
import { flag, listOf, mapOf, oneOf, text, trimmed, type Schema } from '../definition/schema-words.js';

const relative = trimmed.refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), {
  error: "must be a path inside the repository, without '..'",
});

const mapTo = <Value extends z.ZodType>(value: Value, what: string) =>
  z.record(z.string(), value, { error: `must be a map of ${what}` });

/** YAML reads `PORT: 3000` as a number; a variable is a text all the same. */
const variable = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be a text' })
  .transform(String)
  .refine((value) => !value.includes('\0'), { error: 'has a NUL byte, which no program can be given' });

const variableName = z.string().regex(/^[^=\0]+$/);

const assistant = trimmed.refine((name) => ASSISTANTS.some((known) => known === name), {
  error: `must be one of ${ASSISTANTS.join(', ')}`,
});

const model = mapOf({
  provider: assistant,
  model: trimmed,
  effort: oneOf(['minimal', 'low', 'medium', 'high', 'xhigh', 'max']).optional(),
  thinking: z.json().optional(),
});

const MODEL_EXAMPLE = { provider: 'claude', model: 'sonnet' };

const worktree = mapOf({
  enabled: flag.meta({ examples: [true] }).optional(),
  baseBranch: trimmed.meta({ examples: ['main'] }).optional(),
  copyFiles: listOf(relative)
    .meta({ examples: [['.env']] })
    .optional(),
  initSubmodules: flag.meta({ examples: [true] }).optional(),
  path: relative.meta({ examples: ['.worktrees'] }).optional(),
  remote: trimmed.meta({ examples: ['origin'] }).optional(),
});

const defaults = mapOf({
  loadDefaultCommands: flag.meta({ examples: [true] }).optional(),
  loadDefaultWorkflows: flag.meta({ examples: [true] }).optional(),
});

/** The keys of `config.yaml`, `.archon`'s and `$ARCHON_HOME`'s alike; `examples` serve hints. */
const config = mapOf({
  assistant: assistant.meta({ examples: ['claude'] }).optional(),
  defaultAssistant: assistant.meta({ examples: ['claude'] }).optional(),
  assistants: mapTo(mapTo(z.json(), 'settings'), 'providers, each a map of settings')
    .meta({ examples: [{ claude: { model: 'sonnet' } }] })
    .optional(),
  tiers: mapOf({ small: model.optional(), medium: model.optional(), large: model.optional() })
    .meta({ examples: [{ small: MODEL_EXAMPLE }] })
    .optional(),
  aliases: z
    .record(z.string().regex(/^@./, { error: "must begin with '@'" }), model, {
      error: 'must be a map of models, whose names begin with @',
    })
    .meta({ examples: [{ '@fast': MODEL_EXAMPLE }] })
    .optional(),
  commands: mapOf({ folder: relative.meta({ examples: ['.claude/commands'] }).optional() }).optional(),
  worktree: worktree.meta({ examples: [{ baseBranch: 'main' }] }).optional(),
  docs: mapOf({ path: trimmed.meta({ examples: ['docs/'] }).optional() }).optional(),
  env: z
    .record(variableName, variable, {
      error: ({ code }) =>
        code === 'invalid_key' ? 'is no name of a variable' : 'must be a map of variables',
    })
    .meta({ examples: [{ NODE_ENV: 'test' }] })
    .optional(),
  defaults: defaults.meta({ examples: [{ loadDefaultWorkflows: false }] }).optional(),
  schedule: oneOf(['layers', 'dataflow'])
    .meta({ examples: ['dataflow'] })
    .optional(),
  recommendedWorkflows: listOf(text).optional(),
  container: z.unknown().optional(),
  paths: z.unknown().optional(),
  concurrency: z.unknown().optional(),
});

/** Read key by key. */
export const CONFIG_SHAPE: Readonly<Record<string, Schema>> = config.shape;

/** What one file says. */
export type ConfigValues = Readonly<z.output<typeof config>>;

/** A model as a tier or an alias names it. */
export type ModelChoice = Readonly<z.output<typeof model>>;
