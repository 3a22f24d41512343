import type { IssuePath } from './issue.js';
import { exampleOf, type Schema, type Shape } from './schema-words.js';
import { SHAPES, type FieldsOf, type MapName, type SchemaIssue } from './yaml-schema.js';

/** Something wrong with a map, at a path inside it. `example`: the last key of that path that has one, used well. */
export interface Fault {
  readonly kind: 'missing' | 'unknown' | 'wrong';
  readonly path: IssuePath;
  readonly message: string;
  readonly example: string | null;
}

export interface MapReading<Map extends MapName> {
  readonly fields: FieldsOf<Map>;
  readonly faults: readonly Fault[];
}

/** Reads a map key by key; unknown keys, nested ones too, are told and left out. */
export function readMap<Map extends MapName>(
  map: Map,
  source: Readonly<Record<string, unknown>>,
): MapReading<Map> {
  const { fields, faults } = readShape(SHAPES[map], source);
  return { fields: fields as FieldsOf<Map>, faults };
}

/** The same for a map of any shape. */
export function readShape(
  shape: Shape,
  source: Readonly<Record<string, unknown>>,
): { readonly fields: Readonly<Record<string, unknown>>; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const fields: [string, unknown][] = [];
  for (const [key, schema] of Object.entries(shape)) {
    const reading = readKey(key, schema, source);
    faults.push(...reading.faults);
    if (reading.hasValue) fields.push([key, reading.value]);
  }
  for (const key of Object.keys(source)) if (!Object.hasOwn(shape, key)) faults.push(unknownKey([key]));
  return { fields: Object.fromEntries(fields), faults };
}

interface KeyReading {
  readonly hasValue: boolean;
  readonly value: unknown;
  readonly faults: readonly Fault[];
}

/** Of a list with wrong entries the others count. */
function readKey(key: string, schema: Schema, source: Readonly<Record<string, unknown>>): KeyReading {
  const value = Object.hasOwn(source, key) ? source[key] : undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return { hasValue: value !== undefined, value: parsed.data, faults: [] };
  if (value === undefined) {
    return { hasValue: false, value, faults: [missingKey([key], exampleOf(key, schema))] };
  }
  const faults = parsed.error.issues
    .flatMap((issue) => faultsOf(issue, value))
    .map((fault) => ({
      ...fault,
      path: [key, ...fault.path],
      example: exampleOf(key, schema, fault.path),
    }));
  const isList = Array.isArray(value);
  if (!isList && faults.some(({ kind }) => kind !== 'unknown')) return { hasValue: false, value, faults };
  const leftOut = faults.map(({ kind, path }) =>
    placeOf({ path: kind === 'unknown' ? path : path.slice(0, 2) }),
  );
  const kept = schema.safeParse(withoutKeys(value, new Set(leftOut), placeOf({ path: [key] })));
  return { hasValue: kept.success, value: kept.data, faults };
}

function faultsOf(issue: SchemaIssue, value: unknown): readonly Fault[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key]));
  const isMissing = path.length > 0 && issue.code === 'invalid_type' && valueAt(value, path) === undefined;
  if (isMissing) return [missingKey(path, null)];
  return [{ kind: 'wrong', path, message: issue.message, example: null }];
}

function missingKey(path: IssuePath, example: string | null): Fault {
  return { kind: 'missing', path, message: 'is missing', example };
}

function unknownKey(path: IssuePath): Fault {
  return { kind: 'unknown', path, message: 'is no key of the language here', example: null };
}

/** What stands at a path inside a value; undefined: nothing. */
export function valueAt(value: unknown, path: IssuePath): unknown {
  return path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), value);
}

function withoutKeys(value: unknown, unknown: ReadonlySet<string>, place: string): unknown {
  if (!isRecord(value)) return value;
  const kept = Object.entries(value)
    .map(([key, member]) => ({ key, member, at: `${place}\0${key}` }))
    .filter(({ at }) => !unknown.has(at))
    .map(({ key, member, at }) => [key, withoutKeys(member, unknown, at)] as const);
  return Array.isArray(value) ? kept.map(([, member]) => member) : Object.fromEntries(kept);
}

function placeOf({ path }: { readonly path: IssuePath }): string {
  return path.join('\0');
}

function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
