import { conditionReferences } from '../expression/condition.js';
import {
  findTokens,
  formatReference,
  inputVariable,
  VARIABLES,
  type Reference,
  type Token,
} from '../expression/reference.js';
import { readShell } from '../expression/shell-context.js';
import { isComparedAsNumber } from '../expression/shell-script.js';
import { nearestName } from '../nearest-name.js';
import type { DraftBody, DraftNode, DraftWorkflow } from './draft.js';
import type { IssuePath } from './issue.js';
import { NODE_KINDS } from './node-kinds.js';
import type { IssueList } from './source-document.js';

/** Variables that only texts for agents and scripts know; a message shows them as they are written. */
const USER_VARIABLES = [
  'USER_MESSAGE',
  'ARGUMENTS',
  'CONTEXT',
  'EXTERNAL_CONTEXT',
  'ISSUE_CONTEXT',
  'LOOP_USER_INPUT',
  'LOOP_PREV_OUTPUT',
  'REJECTION_REASON',
];
const VARIABLE = new RegExp(String.raw`\$(?:${[...VARIABLES, ...USER_VARIABLES].join('|')})(?!\w)`, 'g');

interface Names {
  readonly nodes: ReadonlySet<string>;
  readonly inputs: ReadonlySet<string>;
}

/** Tells every reference that leads nowhere, and every one that will not be what it seems. */
export function checkReferences(workflow: DraftWorkflow, issues: IssueList): void {
  const names = {
    nodes: new Set(workflow.nodes.flatMap(({ id }) => id ?? [])),
    inputs: new Set(workflow.inputs.map(({ name }) => name)),
  };
  for (const node of workflow.nodes) {
    checkWhen(node, names, issues);
    if (node.body !== null) checkText(node.body, node.path, names, issues);
  }
}

/** The nodes that a text refers to, without repeats, in order of appearance. */
export function referencesOf(text: string): readonly Reference[] {
  const references = findTokens(text).flatMap((token) =>
    token.kind === 'reference' && token.reference.kind === 'node' ? [token.reference] : [],
  );
  return [...new Map(references.map((reference) => [formatReference(reference), reference])).values()];
}

function checkWhen({ when, path }: DraftNode, names: Names, issues: IssueList): void {
  if (when === null) return;
  const at = [...path, 'when'];
  for (const reference of conditionReferences(when.condition)) checkName(reference, at, names, issues);
  for (const atom of when.condition.flat()) {
    if (atom.kind !== 'unreadable') continue;
    for (const token of findTokens(atom.text)) {
      if (token.kind === 'reference') checkName(token.reference, at, names, issues);
    }
    const message = `'when' cannot be read at '${atom.text}': ${atom.problem}`;
    const hint = 'where this part decides, the node is skipped; mend it';
    issues.warning({ code: 'CONDITION_UNREADABLE', path: at, message, hint, aim: { text: atom.text } });
  }
}

function checkText(body: DraftBody, nodePath: IssuePath, names: Names, issues: IssueList): void {
  const { surface, textPath } = NODE_KINDS[body.kind];
  const path = [...nodePath, ...textPath];
  const tokens = findTokens(body.text).filter((token) => token.kind === 'reference');
  for (const { reference } of onePerReference(tokens)) {
    checkName(reference, path, names, issues);
    if (reference.kind === 'input' && names.inputs.has(reference.name))
      warnOfInput(reference.name, surface === 'bash', path, issues);
  }
  if (surface === 'bash') checkQuoting(body.text, tokens, path, issues);
  else checkVariables(body.text, path, issues);
}

function checkName(reference: Reference, path: IssuePath, names: Names, issues: IssueList): void {
  const [known, name] =
    reference.kind === 'input' ? [names.inputs, reference.name] : [names.nodes, reference.nodeId];
  if (known.has(name)) return;
  const what = reference.kind === 'input' ? 'input' : 'node';
  const text = formatReference(reference);
  const message = `'${text}' names no ${what} of the workflow`;
  issues.error({
    code: 'UNKNOWN_REFERENCE',
    path,
    message,
    hint: () => hintFor(name, what, [...known]),
    aim: { text: reference.kind === 'node' ? `$${name}.` : text },
  });
}

function hintFor(name: string, what: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== null) return `did you mean '${nearest}'?`;
  return known.length === 0 ? `there is no ${what}` : `there is ${known.slice(0, 10).join(', ')}`;
}

function warnOfInput(name: string, isScript: boolean, path: IssuePath, issues: IssueList): void {
  const text = formatReference({ kind: 'input', name });
  issues.warning({
    code: 'REFERENCE_NOT_REPLACED',
    path,
    message: `'${text}' is not replaced in ${isScript ? 'a script' : 'this text'}`,
    hint: isScript
      ? `read the environment: "$${inputVariable(name)}"`
      : 'print it in a bash node, and refer to that',
    aim: { text },
  });
}

function checkQuoting(
  script: string,
  tokens: readonly ReferenceToken[],
  path: IssuePath,
  issues: IssueList,
): void {
  if (tokens.length === 0) return;
  const { contexts } = readShell(script);
  const quoted = tokens.filter((token) => {
    const context = contexts.get(token.start);
    const isQuoted = context === 'embedded' || context === 'verbatim';
    return isQuoted && token.reference.kind === 'node' && !isComparedAsNumber(script, token);
  });
  for (const { reference } of onePerReference(quoted)) {
    const text = formatReference(reference);
    issues.warning({
      code: 'REFERENCE_QUOTED',
      path,
      message: `'${text}' stands in double quotes or a here-document, where a text brings single quotes of its own`,
      hint: `write it bare: value=${text}, then "$value"`,
      aim: { text },
    });
  }
}

function checkVariables(text: string, path: IssuePath, issues: IssueList): void {
  for (const name of new Set([...text.matchAll(VARIABLE)].map(([match]) => match))) {
    const message = `'${name}' is not replaced in this text`;
    const hint = 'print it in a bash node, and refer to that';
    issues.warning({ code: 'REFERENCE_NOT_REPLACED', path, message, hint, aim: { text: name } });
  }
}

type ReferenceToken = Token & { readonly kind: 'reference' };

function onePerReference(tokens: readonly ReferenceToken[]): readonly ReferenceToken[] {
  return [...new Map(tokens.map((token) => [formatReference(token.reference), token])).values()];
}
