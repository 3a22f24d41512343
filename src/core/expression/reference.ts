import type { NodeId } from '../ids.js';

/** What an expression points at: `$node.output`, `$node.output.field` or `$INPUTS.name`. */
export type Reference =
  | { readonly kind: 'node'; readonly nodeId: NodeId; readonly field: string | null }
  | { readonly kind: 'input'; readonly name: string };

/** Variables of the language that a script may name; each without word boundary (`$BASE_BRANCHES` is value + `ES`). */
export const VARIABLES = ['WORKFLOW_ID', 'ARTIFACTS_DIR', 'STATE_DIR', 'BASE_BRANCH', 'DOCS_DIR'] as const;
export type VariableName = (typeof VARIABLES)[number];

/** Something in a text that stands for a value. `start` and `end` are offsets in UTF-16 units, `end` exclusive. */
export type Token = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'variable'; readonly name: VariableName }
);

/** The name that stands for the inputs, and that no node may have. */
export const INPUTS = 'INPUTS';

const NODE_ID = '[a-zA-Z_][a-zA-Z0-9_-]*';
const FIELD = '[a-zA-Z_][a-zA-Z0-9_]*';
const INPUT_NAME = '[a-zA-Z_][a-zA-Z0-9_-]*';
const REFERENCE = String.raw`\$${INPUTS}\.(?<input>${INPUT_NAME})|\$(?<node>${NODE_ID})\.output(?:\.(?<field>${FIELD}))?`;

const TOKENS = new RegExp(String.raw`${REFERENCE}|\$(?<variable>${VARIABLES.join('|')})`, 'g');
const OPERAND = new RegExp(
  String.raw`^(?:\$${INPUTS}\.(?<input>${INPUT_NAME})|\$(?<node>${NODE_ID})\.(?:output(?:\.(?<field>${FIELD}))?|(?<short>${FIELD})))$`,
);
const WHOLE_INPUT_NAME = new RegExp(`^${INPUT_NAME}$`);

/** Whether an input may be called so. */
export function isInputName(text: string): boolean {
  return WHOLE_INPUT_NAME.test(text);
}

/** The environment variable in which scripts find an input: `base-branch` → `INPUTS_BASE_BRANCH`. */
export function inputVariable(name: string): string {
  return `INPUTS_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** Every reference and variable of a text, in order. */
export function findTokens(text: string): readonly Token[] {
  return [...text.matchAll(TOKENS)].map((match) => {
    const span = { start: match.index, end: match.index + match[0].length };
    const variable = match.groups?.['variable'];
    return variable !== undefined
      ? { ...span, kind: 'variable', name: variable as VariableName }
      : { ...span, kind: 'reference', reference: toReference(match.groups ?? {}) };
  });
}

/** Every reference of a text, in order. */
export function findReferences(text: string): readonly (Token & { readonly kind: 'reference' })[] {
  return findTokens(text).filter((token) => token.kind === 'reference');
}

/** Reads the left side of a comparison, where `$node.field` is short for `$node.output.field`. */
export function parseOperand(text: string): Reference | null {
  const groups = OPERAND.exec(text)?.groups;
  if (groups === undefined || groups['node'] === INPUTS) return null;
  return toReference({ ...groups, field: groups['field'] ?? groups['short'] });
}

/** The canonical text of a reference. */
export function formatReference(reference: Reference): string {
  if (reference.kind === 'input') return `$${INPUTS}.${reference.name}`;
  const field = reference.field === null ? '' : `.${reference.field}`;
  return `$${reference.nodeId}.output${field}`;
}

function toReference(groups: Readonly<Record<string, string | undefined>>): Reference {
  const { input, node, field } = groups;
  if (input !== undefined) return { kind: 'input', name: input };
  return { kind: 'node', nodeId: node as NodeId, field: field ?? null };
}
