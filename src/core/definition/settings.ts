import type { Json, JsonObject } from '../json.js';
import type { DraftBody, DraftNode } from './draft.js';
import { agentKeys, sharedAgentKeys } from './schema/agent-keys.js';
import type { FieldsOf } from './yaml-schema.js';

const AGENT_KEYS = Object.keys(agentKeys);
const SHARED_KEYS = Object.keys(sharedAgentKeys);

/** The settings of one agent, as they are written. */
export function agentSettings(fields: FieldsOf<'node'>): JsonObject {
  return pick(fields, AGENT_KEYS);
}

/** Those that a loop group hands down to the agents of its body, and a workflow to those of its nodes. */
export function sharedSettings(fields: FieldsOf<'node'> | FieldsOf<'workflow'>): JsonObject {
  return pick(fields, SHARED_KEYS);
}

/** Hands settings down to every agent that lacks them, bodies included; what a group says comes before them. */
export function withSettings(nodes: readonly DraftNode[], settings: JsonObject): readonly DraftNode[] {
  return nodes.map((node) => ({ ...node, body: node.body === null ? null : bodyWith(node.body, settings) }));
}

function bodyWith(body: DraftBody, settings: JsonObject): DraftBody {
  switch (body.kind) {
    case 'agent':
    case 'loop':
      return { ...body, settings: merged(settings, body.settings) };
    case 'loop_group': {
      const own = merged(settings, body.settings);
      return { ...body, settings: own, body: withSettings(body.body, own) };
    }
    default:
      return body;
  }
}

/** A model means nothing to another provider than the one that it is meant for. */
function merged(outer: JsonObject, own: JsonObject): JsonObject {
  const { model, ...others } = outer;
  const isSameProvider = own['provider'] === undefined || own['provider'] === outer['provider'];
  return { ...others, ...(isSameProvider && model !== undefined ? { model } : {}), ...own };
}

function pick(fields: Readonly<Record<string, unknown>>, keys: readonly string[]): JsonObject {
  const known = keys.flatMap((key) => (fields[key] === undefined ? [] : [[key, fields[key] as Json]]));
  return Object.fromEntries(known) as JsonObject;
}
