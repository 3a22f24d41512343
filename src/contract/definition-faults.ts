import type { NodeKind, Schedule, TriggerRule } from '../core/definition/definition.js';
import { isJsonObject, type JsonObject } from '../core/json.js';

type Check = (node: JsonObject) => boolean;
type Checks = readonly (readonly [fault: string, check: Check])[];

const SCHEDULES: readonly Schedule[] = ['layers', 'dataflow'];
const TRIGGER_RULES: readonly TriggerRule[] = [
  'all_success',
  'one_success',
  'none_failed_min_one_success',
  'all_done',
];
const MOST_NESTED_BODIES = 50;

const HAS_TIMEOUT = ['has no timeout', ({ timeoutMs }: JsonObject) => isCount(timeoutMs)] as const;
const HAS_LOOP_RULES = [
  'does not say how it ends',
  ({ rules }: JsonObject) => isJsonObject(rules) && isCount(rules['maxIterations']),
] as const;
const HAS_PROMPT = ['has no text', ({ prompt }: JsonObject) => isPrompt(prompt)] as const;
const HAS_IDLE_TIMEOUT = [
  'has no timeout',
  ({ idleTimeoutMs }: JsonObject) => isCount(idleTimeoutMs),
] as const;
const HAS_SETTINGS = ['has no settings', ({ settings }: JsonObject) => isJsonObject(settings)] as const;

/** What each kind must have so that it can be performed at all. */
const KIND_CHECKS: Readonly<Record<NodeKind, Checks>> = {
  bash: [['has no text', ({ script }) => isText(script)], HAS_TIMEOUT],
  script: [
    ['has no text', ({ source }) => isScriptSource(source)],
    ['has no runtime', ({ runtime }) => runtime === 'bun' || runtime === 'uv'],
    ['has no list of packages', ({ deps }) => isList(deps)],
    HAS_TIMEOUT,
  ],
  approval: [
    ['has no text', ({ message }) => isText(message)],
    ['has no decisions', ({ decisions }) => decisions === null || isList(decisions)],
  ],
  cancel: [['has no text', ({ reason }) => isText(reason)]],
  loop_group: [HAS_LOOP_RULES],
  workflow: [
    ['names no workflow', ({ target }) => isName(target)],
    ['has no text', ({ input }) => typeof input === 'string'],
    ['does not say where it works', ({ isolation }) => isolation === 'inherit' || isolation === 'worktree'],
    ['does not say over what it fans out', ({ fanOut }) => fanOut === null || isFanOut(fanOut)],
  ],
  agent: [HAS_PROMPT, HAS_SETTINGS, HAS_IDLE_TIMEOUT],
  loop: [HAS_PROMPT, HAS_SETTINGS, HAS_LOOP_RULES, HAS_IDLE_TIMEOUT],
};

/** What every node must have so that the run can be worked out at all; the first that it lacks is named. */
const NODE_CHECKS: Checks = [
  ['has no id', ({ id }) => isName(id)],
  ['is of no known kind', ({ kind }) => isKind(kind)],
  ['has no trigger rule', ({ triggerRule }) => isOneOf(TRIGGER_RULES, triggerRule)],
  ['does not say what it reads', (node) => ['references', 'fieldsRead'].every((list) => isList(node[list]))],
  ['has an unreadable condition', ({ when }) => when === null || isJsonObject(when)],
  ['has unreadable values', ({ bindings }) => bindings === undefined || isJsonObject(bindings)],
  ['has unreadable boundaries', ({ boundaries }) => boundaries === undefined || isList(boundaries)],
  ['has no place in the graph', ({ layer, dependsOn }) => isCount(layer) && isList(dependsOn)],
];

/**
 * What of a compiled definition could not be run at all, where it arrives. The rules of the language are the
 * compiler's; this is for definitions that no compiler of ours has made.
 */
export function definitionFaults(definition: unknown): string[] {
  if (!isJsonObject(definition)) return ['definition is no object'];
  const faults = isName(definition['name']) ? [] : ['definition has no name'];
  return [...faults, ...graphFaults(definition, 'definition', 0)];
}

/** @param depth how many bodies it stands in */
function graphFaults({ schedule, nodes }: JsonObject, owner: string, depth: number): string[] {
  const faults: string[] = [];
  if (!isOneOf(SCHEDULES, schedule)) faults.push(`${owner} has no schedule`);
  if (!isList(nodes) || nodes.length === 0) return [...faults, `${owner} has no nodes`];
  const membersOf = (member: string) => nodes.map((node) => isJsonObject(node) && node[member]);
  if (new Set(membersOf('id')).size < nodes.length) faults.push('two nodes have one id');
  const layers = membersOf('layer');
  return [...faults, ...nodes.flatMap((node, position) => nodeFaults(node, position, layers, depth))];
}

function nodeFaults(node: unknown, position: number, layers: readonly unknown[], depth: number): string[] {
  const owner = `node ${position + 1}`;
  if (!isJsonObject(node)) return [`${owner} is no object`];
  const ofKind = isKind(node['kind']) ? KIND_CHECKS[node['kind']] : [];
  const failed = [...NODE_CHECKS, ...ofKind].find(([, check]) => !check(node));
  if (failed) return [`${owner} ${failed[0]}`];
  if (!isBehindItsDependencies(node, layers)) return [`${owner} depends on what is not before it`];
  if (node['kind'] !== 'loop_group') return [];
  const { body } = node;
  if (!isJsonObject(body)) return [`${owner} has no body`];
  if (depth >= MOST_NESTED_BODIES) return [`${owner} stands in too many bodies`];
  return graphFaults(body, `the body of ${owner}`, depth + 1);
}

function isBehindItsDependencies({ layer, dependsOn }: JsonObject, layers: readonly unknown[]): boolean {
  if (!isCount(layer) || !isList(dependsOn)) return false;
  return dependsOn.every((upstream) => {
    const before = isCount(upstream) ? layers[upstream] : undefined;
    return isCount(before) && before < layer;
  });
}

function isKind(kind: unknown): kind is NodeKind {
  return typeof kind === 'string' && Object.hasOwn(KIND_CHECKS, kind);
}

function isText(text: unknown): boolean {
  if (!isJsonObject(text)) return false;
  return text['kind'] === 'inline' ? typeof text['text'] === 'string' : text['kind'] === 'stored';
}

function isScriptSource(source: unknown): boolean {
  if (!isJsonObject(source)) return false;
  return source['kind'] === 'inline' ? isText(source['text']) : isName(source['name']);
}

function isPrompt(prompt: unknown): boolean {
  if (!isJsonObject(prompt)) return false;
  if (prompt['kind'] === 'inline') return isText(prompt['text']);
  return prompt['kind'] === 'command' && isName(prompt['name']);
}

function isFanOut(fanOut: unknown): boolean {
  return isJsonObject(fanOut) && typeof fanOut['items'] === 'string' && isCount(fanOut['maxParallel']);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
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
