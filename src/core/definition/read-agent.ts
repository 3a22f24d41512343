import type { JsonObject } from '../json.js';
import { AGENT_IDLE_TIMEOUT_MS, AGENT_RETRY } from './agent-defaults.js';
import type { AgentPrompt } from './definition.js';
import { inline, readRetry, type BodyPlace, type KindReader } from './read-bodies.js';
import { readLoopRules } from './read-loop-rules.js';
import { hasRequiredBoolean } from './output-schema.js';
import { agentSettings } from './settings.js';
import type { FieldsOf } from './yaml-schema.js';

type LoopFields = NonNullable<FieldsOf<'node'>['loop']>;

/** Reads `prompt` and `command`. */
export const readAgent: KindReader = (fields) => {
  const prompt = promptOf(fields.prompt, fields.command);
  if (prompt === null) return null;
  return {
    kind: 'agent',
    prompt,
    settings: agentSettings(fields),
    idleTimeoutMs: idleTimeoutOf(fields.idle_timeout),
    retry: readRetry(fields.retry) ?? AGENT_RETRY,
  };
};

export const readAgentLoop: KindReader = (fields, place) => {
  const { loop, output_format: format } = fields;
  if (loop === undefined) return null;
  const { path, label, issues } = place;
  const channels = ['until', 'until_bash', 'until_field'];
  const rules = readLoopRules(loop, { path: [...path, 'loop'], label, channels }, issues);
  checkUntilField(loop, format, place);
  const prompt = readLoopPrompt(loop, place);
  if (prompt === null) return null;
  const { context: _context, persist_session: _session, ...settings } = agentSettings(fields);
  const idleTimeoutMs = idleTimeoutOf(fields.idle_timeout);
  return { kind: 'loop', prompt, settings, rules, untilField: loop.until_field ?? null, idleTimeoutMs };
};

function readLoopPrompt(loop: LoopFields, { path, label, issues }: BodyPlace): AgentPrompt | null {
  const at = [...path, 'loop'];
  if (loop.prompt !== undefined && loop.command !== undefined) {
    const message = `the loop of ${label} has both 'prompt' and 'command'`;
    issues.error({
      code: 'KEYS_EXCLUSIVE',
      path: [...at, 'command'],
      message,
      hint: 'keep one of them',
      aim: 'key',
    });
    return null;
  }
  const prompt = promptOf(loop.prompt, loop.command);
  if (prompt === null) {
    const message = `the loop of ${label} has neither 'prompt' nor 'command'`;
    issues.error({ code: 'KEY_MISSING', path: at, message, hint: 'add what the agent is told' });
  }
  return prompt;
}

function checkUntilField(
  { until_field: field }: LoopFields,
  format: JsonObject | undefined,
  { path, label, issues }: BodyPlace,
): void {
  if (field === undefined || hasRequiredBoolean(format, field)) return;
  const message = `'until_field' of ${label} names '${field}', which 'output_format' does not require as a boolean`;
  const hint = `declare it there: properties: {${field}: {type: boolean}}, required: [${field}]`;
  issues.error({ code: 'FIELD_NOT_BOOLEAN', path: [...path, 'loop', 'until_field'], message, hint });
}

function promptOf(prompt: string | undefined, command: string | undefined): AgentPrompt | null {
  if (prompt !== undefined) return { kind: 'inline', text: inline(prompt) };
  return command === undefined ? null : { kind: 'command', name: command, text: null };
}

function idleTimeoutOf(timeout: number | undefined): number {
  return timeout === undefined ? AGENT_IDLE_TIMEOUT_MS : Math.ceil(timeout);
}
