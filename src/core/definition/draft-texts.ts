import type { Surface } from '../expression/substitute.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type { AgentPrompt, Text } from './definition.js';
import type { DraftBinding, DraftBody, DraftNode } from './draft.js';
import type { IssuePath } from './issue.js';

/** A text of a node in which references are replaced. */
export interface DraftText {
  readonly text: string;
  /** How it is written out. */
  readonly surface: Surface;
  /** Keys that lead to it from the node. */
  readonly path: IssuePath;
}

type Change = (text: DraftText) => string;

/** The texts of a node; of a loop group those of its own, not of its body. */
export function textsOf(node: DraftNode): readonly DraftText[] {
  const texts: DraftText[] = [];
  mapTexts(node, (text) => {
    texts.push(text);
    return text.text;
  });
  return texts;
}

/** The node with each of its texts changed. */
export function mapTexts(node: DraftNode, change: Change): DraftNode {
  const bindings = Object.entries(node.bindings).map(
    ([name, binding]) => [name, mapBinding(binding, name, change)] as const,
  );
  return {
    ...node,
    bindings: Object.fromEntries(bindings),
    body: node.body === null ? null : mapBody(node.body, change),
  };
}

function mapBinding(binding: DraftBinding, name: string, change: Change): DraftBinding {
  if (binding.kind === 'literal') return binding;
  const path = ['with', name, ...(binding.ifSkipped === undefined ? [] : ['from'])];
  return { ...binding, text: change({ text: binding.text, surface: 'prompt', path }) };
}

function mapBody(body: DraftBody, change: Change): DraftBody {
  switch (body.kind) {
    case 'bash':
      return { ...body, script: mapText(body.script, 'bash', ['bash'], change) };
    case 'script': {
      if (body.source.kind === 'named') return body;
      return {
        ...body,
        source: { kind: 'inline', text: mapText(body.source.text, 'script', ['script'], change) },
      };
    }
    case 'approval': {
      const message = mapText(body.message, 'message', ['approval', 'message'], change);
      if (body.onReject === undefined) return { ...body, message };
      const prompt = mapText(body.onReject.prompt, 'prompt', ['approval', 'on_reject', 'prompt'], change);
      return { ...body, message, onReject: { ...body.onReject, prompt } };
    }
    case 'cancel':
      return { ...body, reason: mapText(body.reason, 'message', ['cancel'], change) };
    case 'include':
      return body;
    default:
      return mapLongBody(body, change);
  }
}

function mapLongBody(
  body: Extract<DraftBody, { kind: 'workflow' | 'agent' | 'loop' | 'loop_group' }>,
  change: Change,
): DraftBody {
  switch (body.kind) {
    case 'workflow': {
      const input = change({ text: body.input, surface: 'prompt', path: ['input'] });
      if (body.fanOut === null) return { ...body, input };
      const items = change({ text: body.fanOut.items, surface: 'prompt', path: ['fan_out', 'items'] });
      return { ...body, input, fanOut: { ...body.fanOut, items } };
    }
    case 'agent': {
      const prompt = mapPrompt(body.prompt, [body.prompt.kind === 'inline' ? 'prompt' : 'command'], change);
      return { ...body, prompt, settings: mapSettings(body.settings, change) };
    }
    case 'loop': {
      const key = body.prompt.kind === 'inline' ? 'prompt' : 'command';
      const prompt = mapPrompt(body.prompt, ['loop', key], change);
      const rules = mapUntil(body.rules, 'loop', change);
      return { ...body, prompt, rules, settings: mapSettings(body.settings, change) };
    }
    case 'loop_group':
      return { ...body, rules: mapUntil(body.rules, 'loop_group', change) };
  }
}

function mapUntil<Rules extends { readonly untilBash: Text | null }>(
  rules: Rules,
  key: string,
  change: Change,
): Rules {
  if (rules.untilBash === null) return rules;
  return { ...rules, untilBash: mapText(rules.untilBash, 'bash', [key, 'until_bash'], change) };
}

function mapPrompt(prompt: AgentPrompt, path: IssuePath, change: Change): AgentPrompt {
  if (prompt.kind === 'inline') return { ...prompt, text: mapText(prompt.text, 'prompt', path, change) };
  return prompt.text === null ? prompt : { ...prompt, text: mapText(prompt.text, 'prompt', path, change) };
}

/** Changes the texts of an agent's settings: `systemPrompt`, and description and prompt of each of `agents`. */
export function mapSettings(settings: JsonObject, change: Change): JsonObject {
  const { systemPrompt, agents } = settings;
  const changed: Record<string, Json> = { ...settings };
  if (typeof systemPrompt === 'string')
    changed['systemPrompt'] = change({ text: systemPrompt, surface: 'prompt', path: ['systemPrompt'] });
  if (isJsonObject(agents)) {
    const entries = Object.entries(agents).map(([name, agent]) => [name, mapAgent(agent, name, change)]);
    changed['agents'] = Object.fromEntries(entries) as JsonObject;
  }
  return changed;
}

function mapAgent(agent: Json, name: string, change: Change): Json {
  if (!isJsonObject(agent)) return agent;
  const changed: Record<string, Json> = { ...agent };
  for (const key of ['description', 'prompt']) {
    const text = agent[key];
    if (typeof text !== 'string') continue;
    changed[key] = change({ text, surface: 'prompt', path: ['agents', name, key] });
  }
  return changed;
}

function mapText(text: Text, surface: Surface, path: IssuePath, change: Change): Text {
  if (text.kind === 'stored') return text;
  return { kind: 'inline', text: change({ text: text.text, surface, path }) };
}
