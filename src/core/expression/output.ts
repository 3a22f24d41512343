import { RunError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type { FieldValue, NodeOutput } from '../run/task.js';

/** Above this many bytes of UTF-8 a text travels by reference to a file on the run's host. */
export const INLINE_LIMIT_BYTES = 16 * 1024;

/** A field of an output as text, before it is decided where a large one lives. */
export interface Field {
  readonly name: string;
  readonly type: FieldValue['type'];
  readonly text: string;
}

const encoder = new TextEncoder();

/** Length of a text in UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/**
 * The named fields of a text that is a JSON object, or that holds one in its first Markdown fence.
 * @param names fields wanted; those that the object lacks are absent from the result
 * @returns null when the text is no JSON object; also when no field is wanted, since then nobody looks
 */
export function readFields(text: string, names: readonly string[]): readonly Field[] | null {
  if (names.length === 0) return null;
  const object = parseObject(text);
  if (object === null) return null;
  return names
    .filter((name) => Object.hasOwn(object, name))
    .map((name) => toField(name, object[name] ?? null));
}

/**
 * The named fields of a value whose declared shape has properties: one that is absent or null is empty, as
 * Archon has it, and what is not declared is no field.
 * @returns null when the value is no object
 */
export function readDeclaredFields(
  value: Json,
  names: readonly string[],
  declared: readonly string[],
): readonly Field[] | null {
  if (!isJsonObject(value)) return null;
  return names
    .filter((name) => declared.includes(name))
    .map((name) => toField(name, (Object.hasOwn(value, name) ? value[name] : null) ?? ''));
}

/**
 * The output that a small text makes.
 * @param fieldsRead the node's `fieldsRead`
 * @throws RunError `INTERNAL` when the text needs a file: the host, which can write one, uses `readFields`
 */
export function toOutput(text: string, fieldsRead: readonly string[]): NodeOutput {
  const bytes = byteLength(text);
  if (bytes > INLINE_LIMIT_BYTES) {
    throw new RunError('INTERNAL', `an output of ${bytes} bytes must travel in a file`);
  }
  const fields = readFields(text, fieldsRead);
  return { text: { kind: 'inline', text }, fields: fields === null ? null : inlineFields(fields) };
}

/**
 * The named fields of a value that was made as one, not of a text that happens to be JSON: one that is absent is
 * empty, as Archon has it.
 * @returns null when the value is no object
 */
export function readMadeFields(value: Json, names: readonly string[]): readonly Field[] | null {
  if (!isJsonObject(value)) return null;
  return names.map((name) => toField(name, Object.hasOwn(value, name) ? (value[name] ?? null) : ''));
}

/** The output of a node that answers with a JSON object of known shape, such as a gate with decisions. */
export function toStructuredOutput(value: JsonObject, fieldsRead: readonly string[]): NodeOutput {
  const fields = inlineFields(readMadeFields(value, fieldsRead) ?? []);
  return { text: { kind: 'inline', text: JSON.stringify(value) }, fields, isStructured: true };
}

/** The text that a JSON value stands for: strings as they are, everything else as JSON. */
export function toText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function inlineFields(fields: readonly Field[]): Readonly<Record<string, FieldValue>> {
  return Object.fromEntries(
    fields.map(({ name, type, text }) => [name, { type, text: { kind: 'inline', text } }]),
  );
}

function toField(name: string, value: Json): Field {
  return { name, type: typeOf(value), text: toText(value) };
}

function typeOf(value: Json): FieldValue['type'] {
  if (value === null) return 'null';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return typeof value as 'string' | 'number' | 'boolean';
  }
  return 'json';
}

function parseObject(text: string): JsonObject | null {
  const whole = parseJson(text);
  if (isJsonObject(whole)) return whole;
  const fenced = firstFence(text);
  const inner = fenced === null ? undefined : parseJson(fenced);
  return isJsonObject(inner) ? inner : null;
}

/** A value, and the text that says it in JSON and nothing else. */
export interface Structured {
  readonly value: Json;
  readonly json: string;
}

/** The JSON value that a text is, or that stands in its first Markdown fence; null: neither is JSON. */
export function readStructured(text: string): Structured | null {
  const whole = parseJson(text);
  if (whole !== undefined) return { value: whole, json: text };
  const fenced = firstFence(text);
  const inner = fenced === null ? undefined : parseJson(fenced);
  return fenced === null || inner === undefined ? null : { value: inner, json: fenced };
}

/** Undefined for a text that is no JSON, and for one nested too deep to be written out again. */
function parseJson(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    JSON.stringify(value);
    return value;
  } catch {
    return undefined;
  }
}

/** What stands between the first fence line and the next; by steps, because one pattern could take quadratic time. */
function firstFence(text: string): string | null {
  const open = text.indexOf('```');
  const lineEnd = open < 0 ? -1 : text.indexOf('\n', open);
  if (lineEnd < 0) return null;
  const inner = text.slice(lineEnd);
  const close = /\n[ \t]*```/.exec(inner);
  return close === null ? null : inner.slice(1, close.index);
}
