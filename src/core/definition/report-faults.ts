import { nearestName } from '../nearest-name.js';
import type { IssuePath } from './issue.js';
import { valueAt, type Fault } from './read-map.js';
import type { IssueList } from './source-document.js';
import { keysOf, type MapName } from './yaml-schema.js';

/** A map of the file: what it is, where it stands, and how it is called in messages. */
export interface Place {
  readonly map: MapName;
  readonly path: IssuePath;
  /** `node 'build'` */
  readonly label: string;
}

/** Keys of a workflow whose wrong value does not count, as Archon has it, where others refuse the file. */
const LENIENT_KEYS: readonly (string | number | undefined)[] = [
  'betas',
  'effort',
  'fallbackModel',
  'interactive',
  'model',
  'modelReasoningEffort',
  'mutates_checkout',
  'persist_sessions',
  'requires',
  'sandbox',
  'tags',
  'thinking',
  'webSearchMode',
  'worktree',
];

/** Turns what is wrong with one map into issues. */
export function reportFaults(
  place: Place,
  source: unknown,
  faults: readonly Fault[],
  issues: IssueList,
): void {
  for (const fault of faults) {
    if (fault.kind === 'unknown') reportUnknown(place, fault, issues);
    else if (fault.kind === 'missing') reportMissing(place, fault, issues);
    else reportWrong(place, source, fault, issues);
  }
}

/** How a value is shown in a message: short, on one line. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value);
  return text.length > 42 ? `${text.slice(0, 40)}…"` : text;
}

function reportMissing({ map, path, label }: Place, fault: Fault, issues: IssueList): void {
  const key = dotted(fault.path);
  const hint = fault.example === null ? `add '${key}'` : `add for example ${fault.example}`;
  const at = [...path, ...fault.path.slice(0, -1)];
  const message = `${label} has no '${key}'`;
  if (!isLenient(map, fault.path.slice(0, -1), null))
    issues.error({ code: 'KEY_MISSING', path: at, message, hint });
  else issues.warning({ code: 'VALUE_IGNORED', path: at, message, hint: `it does not count; ${hint}` });
}

function reportWrong({ map, path, label }: Place, source: unknown, fault: Fault, issues: IssueList): void {
  const met = valueAt(source, fault.path);
  const finding = {
    path: [...path, ...fault.path],
    message: `'${dotted(fault.path)}' of ${label} ${fault.message}; it is ${show(met)}`,
    hint: fault.example === null ? 'mend it' : `write for example ${fault.example}`,
  };
  if (!isLenient(map, fault.path, met)) issues.error({ ...finding, code: 'VALUE_INVALID' });
  else issues.warning({ ...finding, code: 'VALUE_IGNORED', hint: `it does not count; ${finding.hint}` });
}

/** An unknown provider refuses the file, one that is no text does not. */
function isLenient(map: MapName, [key]: IssuePath, met: unknown): boolean {
  if (map !== 'workflow') return false;
  return LENIENT_KEYS.includes(key) || (key === 'provider' && typeof met !== 'string');
}

function reportUnknown(place: Place, fault: Fault, issues: IssueList): void {
  const nested = fault.path.slice(0, -1);
  const key = String(fault.path.at(-1));
  const path = [...place.path, ...fault.path];
  const owner = nested.length === 0 ? place.label : `'${dotted(nested)}' of ${place.label}`;
  if (place.map === 'workflow' && nested.length === 0 && key === 'steps') {
    const message = "the key 'steps' is no longer part of the language";
    issues.error({ code: 'KEY_REMOVED', path, message, hint: 'write nodes', aim: 'key' });
    return;
  }
  const message = `${owner} has the unknown key '${key}', which has no effect`;
  const hint = (): string => hintFor(key, keysOf(place.map, nested), place.map, nested);
  issues.warning({ code: 'KEY_UNKNOWN', path, message, hint, aim: 'key' });
}

function hintFor(key: string, known: readonly string[], map: MapName, nested: IssuePath): string {
  const nearest = nearestName(key, known);
  if (nearest !== null) return `did you mean '${nearest}'?`;
  if (nested.length > 0 && keysOf(map).includes(key))
    return `move it up: '${key}' is a key of the ${map} itself`;
  if (nested.length === 0 && map === 'workflow' && keysOf('node').includes(key))
    return `move it into a node: '${key}' is a key of nodes`;
  if (nested.length === 0 && map === 'node' && keysOf('workflow').includes(key))
    return `move it up: '${key}' is a key of the workflow`;
  return `remove it; there are ${known.join(', ')}`;
}

/** `approval.decisions[0].id` */
function dotted(path: IssuePath): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join('');
}
