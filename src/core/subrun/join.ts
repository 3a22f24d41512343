import type { SubrunNode } from '../definition/definition.js';
import {
  byteLength,
  INLINE_LIMIT_BYTES,
  readDeclaredFields,
  readFields,
  readMadeFields,
  readStructured,
  type Field,
} from '../expression/output.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type { NodeOutput, TextValue } from '../run/task.js';
import type { Child, ChildEnd, Subruns } from './subruns.js';

/** One element of a fan-out's output; `output` of a child that gave out nothing is empty. */
export type Element =
  | { readonly kind: 'text'; readonly text: TextValue; readonly isStructured: boolean }
  | { readonly kind: 'failure'; readonly error: string; readonly status: string };

export function elementOf(end: ChildEnd): Element {
  if (end.status !== 'completed') {
    return { kind: 'failure', error: end.failure.message, status: end.status };
  }
  const text = end.output ?? { kind: 'inline', text: '' };
  return { kind: 'text', text, isStructured: end.isStructured };
}

/** The first elements that are in no page. @param count how many; default all that have ended */
export function elementsOf(children: readonly Child[], count = children.length): readonly Element[] {
  return children
    .slice(0, count)
    .flatMap((child) => (child.status === 'ended' ? [elementOf(child.end)] : []));
}

/** The output of a node whose every text is at hand and small; null: the host puts it together. */
export function outputHere(node: SubrunNode, { pages, children }: Subruns): NodeOutput | null {
  const elements = elementsOf(children);
  const texts = elements.flatMap((element) => textAtHand(element) ?? []);
  if (pages.length > 0 || texts.length < elements.length) return null;
  if (node.fanOut === null) return singleOutput(node, elements[0], texts[0] ?? '');
  const text = joined([], elements, texts);
  return isSmall(text) ? { text: { kind: 'inline', text }, fields: null, isStructured: true } : null;
}

/** The child's own text. Null: a field of it is too large to travel. */
function singleOutput(
  { fieldsRead, outputFormat }: SubrunNode,
  element: Element | undefined,
  text: string,
): NodeOutput | null {
  const isStructured = element?.kind === 'text' && element.isStructured;
  const fields = fieldsOf(text, fieldsRead, { outputFormat, isStructured });
  if (fields?.some((field) => !isSmall(field.text)) === true) return null;
  const values = fields?.map(({ name, type, text: value }) => {
    return [name, { type, text: { kind: 'inline', text: value } }] as const;
  });
  return {
    text: { kind: 'inline', text },
    fields: values === undefined ? null : Object.fromEntries(values),
    ...(isStructured ? { isStructured } : {}),
  };
}

/**
 * The JSON array of elements whose texts have been read.
 * @param pages JSON arrays, in order, before the elements
 * @param texts of each element, in order
 */
export function joined(
  pages: readonly string[],
  elements: readonly Element[],
  texts: readonly string[],
): string {
  const own = elements.map((element, index) => JSON.stringify(jsonOf(element, texts[index] ?? '')));
  const before = pages.map((page) => page.slice(1, -1)).filter((inner) => inner !== '');
  return `[${[...before, ...own].join(',')}]`;
}

/** What is known of a sub-run's output, beside its text. */
interface Known {
  /** The shape that the node declares: then what is declared and absent is empty. */
  readonly outputFormat: JsonObject | undefined;
  /** The child made it as a value: then whatever is absent is empty. */
  readonly isStructured: boolean;
}

/** The fields that are read of a sub-run's text. */
export function fieldsOf(
  text: string,
  fieldsRead: readonly string[],
  { outputFormat, isStructured }: Known,
): readonly Field[] | null {
  if (fieldsRead.length === 0) return null;
  if (outputFormat === undefined) {
    return isStructured
      ? readMadeFields(readStructured(text)?.value ?? null, fieldsRead)
      : readFields(text, fieldsRead);
  }
  const { properties } = outputFormat;
  const declared = isJsonObject(properties) ? Object.keys(properties) : [];
  return readDeclaredFields(readStructured(text)?.value ?? null, fieldsRead, declared);
}

/** A child that has not completed stands there as Archon has it. */
function jsonOf(element: Element, text: string): Json {
  if (element.kind === 'failure') {
    return { archon_failed: true, error: element.error, status: element.status };
  }
  if (!element.isStructured) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function textAtHand(element: Element): string | null {
  if (element.kind === 'failure') return '';
  return element.text.kind === 'inline' ? element.text.text : null;
}

function isSmall(text: string): boolean {
  return byteLength(text) <= INLINE_LIMIT_BYTES;
}
