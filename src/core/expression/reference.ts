import type { NodeId } from '../ids.js';

/**
 * What an expression points at: `$node.output`, `$node.output.field` or `$INPUTS.name`. `previous`, written
 * `$LOOP_PREV.node.output[.field]`: a node of the same loop group's body, as it was in the iteration before.
 */
export type Reference =
  | { readonly kind: 'node'; readonly nodeId: NodeId; readonly field: string | null }
  | { readonly kind: 'previous'; readonly nodeId: NodeId; readonly field: string | null }
  | { readonly kind: 'input'; readonly name: string };

/** Variables of the language that a script may name; each without word boundary (`$BASE_BRANCHES` is value + `ES`). */
export const VARIABLES = ['WORKFLOW_ID', 'ARTIFACTS_DIR', 'STATE_DIR', 'BASE_BRANCH', 'DOCS_DIR'] as const;

/** Variables that are replaced in texts for agents and sub-runs only; a script reads them from its environment. */
export const USER_VARIABLES = [
  'USER_MESSAGE',
  'ARGUMENTS',
  'CONTEXT',
  'EXTERNAL_CONTEXT',
  'ISSUE_CONTEXT',
  'LOOP_USER_INPUT',
  'LOOP_PREV_OUTPUT',
  'REJECTION_REASON',
] as const;
export type VariableName = (typeof VARIABLES)[number] | (typeof USER_VARIABLES)[number];

/** Something in a text that stands for a value. `start` and `end` are offsets in UTF-16 units, `end` exclusive. */
export type Token = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'variable'; readonly name: VariableName }
);

/** The name that stands for the inputs, and that no node may have. */
export const INPUTS = 'INPUTS';
/** The name that stands for the iteration before. */
const PREVIOUS = 'LOOP_PREV';

const NODE_ID = '[a-zA-Z_][a-zA-Z0-9_-]*';
const FIELD = '[a-zA-Z_][a-zA-Z0-9_]*';
const INPUT_NAME = '[a-zA-Z_][a-zA-Z0-9_-]*';
const REFERENCE = String.raw`\$${INPUTS}\.(?<input>${INPUT_NAME})|\$(?:(?<previous>${PREVIOUS})\.)?(?<node>${NODE_ID})\.output(?:\.(?<field>${FIELD}))?`;
const VARIABLE = String.raw`\$(?<variable>${VARIABLES.join('|')})`;
const USER_VARIABLE = String.raw`\$(?<user>${USER_VARIABLES.join('|')})(?!\w)`;

const TOKENS = new RegExp(`${REFERENCE}|${VARIABLE}`, 'g');
const PROMPT_TOKENS = new RegExp(`${REFERENCE}|${USER_VARIABLE}|${VARIABLE}`, 'g');
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

/** Every reference and variable of a text, in order; `prompt`: the variables of `USER_VARIABLES`, too. */
export function findTokens(text: string, kind: 'script' | 'prompt' = 'script'): readonly Token[] {
  return [...text.matchAll(kind === 'script' ? TOKENS : PROMPT_TOKENS)].map((match) => {
    const span = { start: match.index, end: match.index + match[0].length };
    const variable = match.groups?.['variable'] ?? match.groups?.['user'];
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
  const before = reference.kind === 'previous' ? `${PREVIOUS}.` : '';
  const field = reference.field === null ? '' : `.${reference.field}`;
  return `$${before}${reference.nodeId}.output${field}`;
}

function toReference(groups: Readonly<Record<string, string | undefined>>): Reference {
  const { input, previous, node, field } = groups;
  if (input !== undefined) return { kind: 'input', name: input };
  const kind = previous === undefined ? 'node' : 'previous';
  return { kind, nodeId: node as NodeId, field: field ?? null };
}
