import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { SubrunNode, WorkflowDefinition } from '../definition/definition.js';
import { RunError } from '../errors.js';
import { bindingReferences, resolveBindings } from '../expression/bindings.js';
import { byteLength, toText } from '../expression/output.js';
import { findReferences, type Reference } from '../expression/reference.js';
import { substitute } from '../expression/substitute.js';
import { stableStringify, type Json } from '../json.js';
import type { Scope } from '../run/task.js';
import { childInputs } from './given-values.js';
import type { ChildPlan } from './subruns.js';

/** What one answer of the host may hold of a list. */
const SLICE_COUNT = 100;
const SLICE_BYTES = 128 * 1024;
/** What Linux gives a program in one variable, with room for its name. */
const LONGEST_VALUE_BYTES = 128 * 1024 - 256;

/** What of a node says with what its children are started. */
export type SubrunTask = Pick<SubrunNode, 'id' | 'input' | 'bindings' | 'fanOut'>;

/** Children from some item on, as far as one answer holds. */
export interface Slice {
  readonly total: number;
  readonly plans: readonly Omit<ChildPlan, 'former'>[];
}

/** What the texts of a node refer to: whoever plans brings the values of these into memory. */
export function referencesOf({ input, bindings, fanOut }: SubrunTask): readonly Reference[] {
  const texts = [input, ...(fanOut === null ? [] : [fanOut.items])];
  return [
    ...texts.flatMap((text) => findReferences(text).map(({ reference }) => reference)),
    ...bindingReferences(bindings ?? {}),
  ];
}

/**
 * Works out with what children are started. Asked again it says the same: a list is never kept.
 * @param scope with every text in memory
 * @param from index of the first item that is wanted
 * @throws RunError `REFERENCE_UNRESOLVED` · `INPUT_INVALID` · `NODE_FAILED` the items are no list
 */
export function planChildren(
  task: SubrunTask,
  target: Pick<WorkflowDefinition, 'name' | 'inputs'>,
  scope: Scope,
  from: number,
): Slice {
  const given = resolveBindings(task.bindings ?? {}, scope);
  const message = substitute(task.input, 'prompt', scope);
  const { fanOut } = task;
  if (fanOut === null) return { total: 1, plans: from > 0 ? [] : [planOf(target, message, given)] };
  const items = itemsOf(substitute(fanOut.items, 'prompt', scope));
  const plans: Omit<ChildPlan, 'former'>[] = [];
  let bytes = 0;
  for (const item of items.slice(from, from + SLICE_COUNT)) {
    const plan =
      fanOut.as === null
        ? planOf(target, toText(item), given)
        : planOf(target, message, { ...given, [fanOut.as]: item });
    bytes += byteLength(JSON.stringify(plan));
    if (plans.length > 0 && bytes > SLICE_BYTES) break;
    plans.push(plan);
  }
  return { total: items.length, plans };
}

function itemsOf(text: string): readonly Json[] {
  const items = parsed(text);
  if (Array.isArray(items)) return items as readonly Json[];
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  throw new RunError(
    'NODE_FAILED',
    `items is no JSON array, but ${shown === '' ? 'empty' : shown}; let the node that it names print one, such as ["a", "b"]`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function planOf(
  target: Pick<WorkflowDefinition, 'name' | 'inputs'>,
  message: string,
  given: Readonly<Record<string, Json>>,
): Omit<ChildPlan, 'former'> {
  const { values, texts } = childInputs(target, given);
  requireFitting('message', message);
  for (const [name, text] of Object.entries(texts)) requireFitting(`input ${name}`, text);
  return { hash: hashOf({ message, values }), message, inputs: texts, inputValues: values };
}

function requireFitting(what: string, text: string): void {
  const bytes = byteLength(text);
  if (bytes <= LONGEST_VALUE_BYTES && !text.includes('\0')) return;
  const fault = text.includes('\0') ? 'has a NUL character' : `has ${bytes} bytes`;
  throw new RunError(
    'INPUT_INVALID',
    `the ${what} of a sub-run ${fault}, and nodes can be given no more than 128 KiB of text without NUL; put it into a file and hand on its name`,
  );
}

function hashOf(given: Json): string {
  return bytesToHex(sha256(utf8ToBytes(stableStringify(given)))).slice(0, 32);
}
