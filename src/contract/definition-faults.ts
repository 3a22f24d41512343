import type { Schedule, TriggerRule } from '../core/definition/definition.js';
import type { ReadableKind } from '../core/definition/node-kinds.js';
import { isJsonObject, type JsonObject } from '../core/json.js';

type Check = (node: JsonObject, layers: readonly unknown[]) => boolean;

const TEXT_MEMBER: Readonly<Record<ReadableKind, string>> = {
  bash: 'script',
  approval: 'message',
  cancel: 'reason',
};
const SCHEDULES: readonly Schedule[] = ['layers', 'dataflow'];
const TRIGGER_RULES: readonly TriggerRule[] = [
  'all_success',
  'one_success',
  'none_failed_min_one_success',
  'all_done',
];

/** What a node must have so that the run can be worked out at all; the first that it lacks is named. */
const NODE_CHECKS: readonly (readonly [fault: string, check: Check])[] = [
  ['has no id', ({ id }) => typeof id === 'string' && id !== ''],
  ['is of no known kind', ({ kind }) => isKind(kind)],
  ['has no text', (node) => isKind(node['kind']) && isText(node[TEXT_MEMBER[node['kind']]])],
  ['has no timeout', ({ kind, timeoutMs }) => kind !== 'bash' || isCount(timeoutMs)],
  [
    'has no decisions',
    ({ kind, decisions }) => kind !== 'approval' || decisions === null || isList(decisions),
  ],
  ['has no trigger rule', ({ triggerRule }) => isOneOf(TRIGGER_RULES, triggerRule)],
  ['does not say what it reads', (node) => ['references', 'fieldsRead'].every((list) => isList(node[list]))],
  ['has an unreadable condition', ({ when }) => when === null || isJsonObject(when)],
  ['has no place in the graph', ({ layer, dependsOn }) => isCount(layer) && isList(dependsOn)],
  ['depends on what is not before it', isBehindItsDependencies],
];

/**
 * What of a compiled definition could not be run at all, where it arrives. The rules of the language are the
 * compiler's; this is for definitions that no compiler of ours has made.
 */
export function definitionFaults(definition: unknown): string[] {
  if (!isJsonObject(definition)) return ['definition is no object'];
  const { name, schedule, nodes } = definition;
  const faults: string[] = [];
  if (typeof name !== 'string' || name === '') faults.push('definition has no name');
  if (!isOneOf(SCHEDULES, schedule)) faults.push('definition has no schedule');
  if (!isList(nodes) || nodes.length === 0) return [...faults, 'definition has no nodes'];
  const membersOf = (member: string) => nodes.map((node) => isJsonObject(node) && node[member]);
  if (new Set(membersOf('id')).size < nodes.length) faults.push('two nodes have one id');
  const layers = membersOf('layer');
  return [...faults, ...nodes.flatMap((node, position) => nodeFaults(node, position, layers))];
}

function nodeFaults(node: unknown, position: number, layers: readonly unknown[]): string[] {
  if (!isJsonObject(node)) return [`node ${position + 1} is no object`];
  const failed = NODE_CHECKS.find(([, check]) => !check(node, layers));
  return failed ? [`node ${position + 1} ${failed[0]}`] : [];
}

function isBehindItsDependencies({ layer, dependsOn }: JsonObject, layers: readonly unknown[]): boolean {
  if (!isCount(layer) || !isList(dependsOn)) return false;
  return dependsOn.every((upstream) => {
    const before = isCount(upstream) ? layers[upstream] : undefined;
    return isCount(before) && before < layer;
  });
}

function isKind(kind: unknown): kind is ReadableKind {
  return typeof kind === 'string' && Object.hasOwn(TEXT_MEMBER, kind);
}

function isText(text: unknown): boolean {
  if (!isJsonObject(text)) return false;
  return text['kind'] === 'inline' ? typeof text['text'] === 'string' : text['kind'] === 'stored';
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isOneOf(allowed: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && allowed.includes(value);
}
