import { findReferences, isInputName } from '../expression/reference.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type { DraftBinding } from './draft.js';
import type { IssuePath } from './issue.js';
import { NODE_KINDS, type KindKey } from './node-kinds.js';
import type { BodyPlace } from './read-bodies.js';
import { show } from './report-faults.js';

/** Kinds that hand values on as they are, so that a map may be one. */
const HANDS_MAPS_ON: readonly KindKey[] = ['include', 'workflow'];

/** Reads `with`: a text is a template, a map says `{from, if_skipped}`, everything else stands for itself. */
export function readBindings(
  kind: KindKey,
  source: Readonly<Record<string, Json>> | undefined,
  place: BodyPlace,
): Readonly<Record<string, DraftBinding>> {
  if (source === undefined || !NODE_KINDS[kind].keys.includes('with')) return {};
  const bindings = Object.entries(source).flatMap(([name, value]) => {
    const binding = readBinding(kind, name, value, place);
    return binding === null ? [] : [[name, binding] as const];
  });
  return Object.fromEntries(bindings);
}

/** Whether a text is one reference and nothing else, whose value keeps its type. */
export function isOneReference(text: string): boolean {
  const [reference, ...others] = findReferences(text);
  return others.length === 0 && reference?.start === 0 && reference.end === text.length;
}

function readBinding(kind: KindKey, name: string, value: Json, place: BodyPlace): DraftBinding | null {
  const path = ['with', name];
  if (!isInputName(name)) {
    const hint = 'begin with a letter or _, go on with letters, digits, _ and -';
    return refuse(path, `'${name}' is no name for a value`, hint, place);
  }
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (!isJsonObject(value)) return { kind: 'literal', value };
  if (HANDS_MAPS_ON.includes(kind) && !isReferenceMap(value)) return { kind: 'literal', value };
  return readReferenceMap(path, value, place);
}

function isReferenceMap(value: JsonObject): boolean {
  return typeof value['from'] === 'string' && isOneReference(value['from']);
}

function readReferenceMap(path: IssuePath, value: JsonObject, place: BodyPlace): DraftBinding | null {
  const { from, if_skipped: ifSkipped, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const hint = 'such a map has from and if_skipped, nothing else';
    return refuse([...path, unknown], `'${unknown}' is no key of a value`, hint, place);
  }
  if (typeof from !== 'string' || !isOneReference(from)) {
    const message = `'from' must be one reference; it is ${show(from)}`;
    return refuse(
      [...path, 'from'],
      message,
      "write for example {from: '$plan.output', if_skipped: ''}",
      place,
    );
  }
  return { kind: 'text', text: from, ...(ifSkipped === undefined ? {} : { ifSkipped }) };
}

function refuse(path: IssuePath, message: string, hint: string, place: BodyPlace): null {
  place.issues.error({
    code: 'VALUE_INVALID',
    path: [...place.path, ...path],
    message: `${message} (${place.label})`,
    hint,
  });
  return null;
}
