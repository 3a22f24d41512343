import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Scope, TextValue } from '../run/task.js';
import { parseOperand, type Reference } from './reference.js';
import { resolveReference } from './scope.js';

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/**
 * `ref op literal`; one that could not be read keeps its text, and matters only if it is reached. `constant`: an
 * input of an include was compared, whose value the file gave.
 */
export type Atom =
  | { readonly kind: 'constant'; readonly isTrue: boolean; readonly text: string }
  | {
      readonly kind: 'compare';
      readonly left: Reference;
      readonly operator: Comparison;
      readonly right: string;
    }
  | { readonly kind: 'unreadable'; readonly text: string; readonly problem: string };

/** `a && b || c` as [[a, b], [c]]: true when every atom of any group is. Read left to right, lazily. */
export type Condition = readonly (readonly Atom[])[];

/**
 * What a condition says. `unreadable`: the part that decides cannot be read, and the node is skipped.
 * `unresolved`: it refers to something without a value, and the node fails.
 */
export type Verdict =
  | { readonly kind: 'true' }
  | { readonly kind: 'false' }
  | { readonly kind: 'unreadable'; readonly problem: string }
  | { readonly kind: 'unresolved'; readonly message: string };

const COMPARISON = /^([^\s=!<>]+)\s*(==|!=|<=|>=|<|>)\s*(?:'([^']*)'|(-?\d+(?:\.\d+)?|true|false))$/;
const TRUE: Verdict = { kind: 'true' };
const FALSE: Verdict = { kind: 'false' };

/** Reads `when:`. Total: what cannot be read becomes an unreadable atom. */
export function parseCondition(text: string): Condition {
  return splitOutsideQuotes(text, '||').map((group) => splitOutsideQuotes(group, '&&').map(parseAtom));
}

/** Reads atoms from left to right, no more of them than the answer needs. */
export function evaluateCondition(condition: Condition, scope: Scope): Verdict {
  for (const group of condition) {
    const verdict = evaluateGroup(group, scope);
    if (verdict.kind !== 'false') return verdict;
  }
  return FALSE;
}

/** Every reference of a condition, in order. */
export function conditionReferences(condition: Condition): readonly Reference[] {
  return condition.flat().flatMap((atom) => (atom.kind === 'compare' ? [atom.left] : []));
}

function evaluateGroup(group: readonly Atom[], scope: Scope): Verdict {
  for (const atom of group) {
    const verdict = evaluateAtom(atom, scope);
    if (verdict.kind !== 'true') return verdict;
  }
  return TRUE;
}

function evaluateAtom(atom: Atom, scope: Scope): Verdict {
  if (atom.kind === 'unreadable') return { kind: 'unreadable', problem: atom.problem };
  if (atom.kind === 'constant') return toVerdict(atom.isTrue);
  const resolution = resolveReference(atom.left, scope);
  if (resolution.kind === 'unresolved') return { kind: 'unresolved', message: resolution.message };
  const left = resolution.value.text;
  if (atom.operator === '==') return toVerdict(isSameText(left, atom.right));
  if (atom.operator === '!=') return toVerdict(!isSameText(left, atom.right));
  return compareNumbers(left, atom.operator, atom.right);
}

function compareNumbers(left: TextValue, operator: '<' | '<=' | '>' | '>=', right: string): Verdict {
  const leftText = left.kind === 'inline' ? left.text : left.excerpt;
  const [a, b] = [Number.parseFloat(leftText), Number.parseFloat(right)];
  if (!Number.isFinite(a)) return notANumber(leftText);
  if (!Number.isFinite(b)) return notANumber(right);
  switch (operator) {
    case '<':
      return toVerdict(a < b);
    case '<=':
      return toVerdict(a <= b);
    case '>':
      return toVerdict(a > b);
    case '>=':
      return toVerdict(a >= b);
  }
}

function isSameText(left: TextValue, right: string): boolean {
  if (left.kind === 'inline') return left.text === right;
  const bytes = utf8ToBytes(right);
  return left.bytes === bytes.length && left.sha256 === bytesToHex(sha256(bytes));
}

function notANumber(text: string): Verdict {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return { kind: 'unreadable', problem: `${JSON.stringify(shown)} is not a number` };
}

function toVerdict(isTrue: boolean): Verdict {
  return isTrue ? TRUE : FALSE;
}

function parseAtom(text: string): Atom {
  const match = COMPARISON.exec(text);
  if (match === null) return unreadable(text, explain(text));
  const [, operand = '', operator, quoted, bare] = match;
  const left = parseOperand(operand);
  if (left === null) return unreadable(text, `'${operand}' is neither $node.output[.field] nor $INPUTS.name`);
  return { kind: 'compare', left, operator: operator as Comparison, right: quoted ?? bare ?? '' };
}

function unreadable(text: string, problem: string): Atom {
  return { kind: 'unreadable', text, problem };
}

function explain(text: string): string {
  if (text === '') return 'a comparison is missing';
  if (text.includes('"')) return 'text to compare with stands in single quotes';
  if (/[()]/.test(text)) return 'parentheses are not part of the language';
  return "a comparison reads: $node.output == 'text'";
}

/** Parts between separators that are not inside single quotes, trimmed. */
function splitOutsideQuotes(text: string, separator: '||' | '&&'): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === "'") isQuoted = !isQuoted;
    if (isQuoted || !text.startsWith(separator, index)) continue;
    parts.push(text.slice(start, index).trim());
    index += separator.length - 1;
    start = index + 1;
  }
  return [...parts, text.slice(start).trim()];
}
