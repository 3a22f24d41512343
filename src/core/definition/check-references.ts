import {
  findTokens,
  formatReference,
  inputVariable,
  USER_VARIABLES,
  VARIABLES,
  type Token,
} from '../expression/reference.js';
import { readShell } from '../expression/shell-context.js';
import { isComparedAsNumber } from '../expression/shell-script.js';
import type { Surface } from '../expression/substitute.js';
import { checkReference, type Names } from './check-reference.js';
import { checkUpstream } from './check-upstream.js';
import { checkWhen } from './check-when.js';
import type { DraftNode, DraftWorkflow } from './draft.js';
import { textsOf, type DraftText } from './draft-texts.js';
import type { IssuePath } from './issue.js';
import { Level } from './level.js';
import type { IssueList } from './source-document.js';

/** What a surface leaves as it is, though it looks like a variable of the language. */
const UNREPLACED: Readonly<Partial<Record<Surface, RegExp>>> = {
  message: variables([...VARIABLES, ...USER_VARIABLES]),
  script: variables(USER_VARIABLES),
};

function variables(names: readonly string[]): RegExp {
  return new RegExp(String.raw`\$(?:${names.join('|')})(?!\w)`, 'g');
}

/** Tells every reference that leads nowhere, and every one that will not be what it seems. */
export function checkReferences(workflow: DraftWorkflow, issues: IssueList): void {
  checkLevel(new Level(workflow.nodes), new Set(workflow.inputs.map(({ name }) => name)), issues);
}

function checkLevel(level: Level, inputs: ReadonlySet<string>, issues: IssueList): void {
  const bodies = new Map(level.bodies().map((body) => [body.nodes, body]));
  for (const [position, node] of level.nodes.entries()) {
    const { body } = node;
    const own = ownInputs(node);
    const names = { level, inputs: own.length === 0 ? inputs : new Set([...inputs, ...own]) };
    checkWhen(node, names, issues);
    checkUpstream(node, position, level, issues);
    const inner = body?.kind === 'loop_group' ? (bodies.get(body.body) ?? level) : level;
    for (const text of textsOf(node)) checkText(text, node, { ...names, level: inner }, issues);
    if (inner !== level) checkLevel(inner, inputs, issues);
  }
}

/** What `with` gives to the texts of the node itself; a sub-run and an include hand it on. */
function ownInputs({ bindings, body }: DraftNode): readonly string[] {
  return body?.kind === 'agent' || body?.kind === 'script' ? Object.keys(bindings) : [];
}

function checkText(draft: DraftText, node: DraftNode, names: Names, issues: IssueList): void {
  const { text, surface } = draft;
  const path = [...node.path, ...draft.path];
  const tokens = findTokens(text).filter((token) => token.kind === 'reference');
  for (const { reference } of onePerReference(tokens)) {
    checkReference(reference, path, names, issues);
    if (reference.kind !== 'input' || surface === 'prompt' || !names.inputs.has(reference.name)) continue;
    warnOfInput(reference.name, surface !== 'message', path, issues);
  }
  if (surface === 'bash') checkQuoting(text, tokens, path, issues);
  checkVariables(draft, path, issues);
}

function warnOfInput(name: string, isProgram: boolean, path: IssuePath, issues: IssueList): void {
  const text = formatReference({ kind: 'input', name });
  issues.warning({
    code: 'REFERENCE_NOT_REPLACED',
    path,
    message: `'${text}' is not replaced in ${isProgram ? 'a script' : 'this text'}`,
    hint: isProgram
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
    return isQuoted && token.reference.kind !== 'input' && !isComparedAsNumber(script, token);
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

function checkVariables({ text, surface }: DraftText, path: IssuePath, issues: IssueList): void {
  const variable = UNREPLACED[surface];
  if (variable === undefined) return;
  for (const name of new Set([...text.matchAll(variable)].map(([match]) => match))) {
    const isProgram = surface === 'script';
    const message = `'${name}' is not replaced in ${isProgram ? 'a script' : 'this text'}`;
    const hint = isProgram
      ? `read the environment variable ${name.slice(1)}`
      : 'print it in a bash node, and refer to that';
    issues.warning({ code: 'REFERENCE_NOT_REPLACED', path, message, hint, aim: { text: name } });
  }
}

type ReferenceToken = Token & { readonly kind: 'reference' };

function onePerReference(tokens: readonly ReferenceToken[]): readonly ReferenceToken[] {
  return [...new Map(tokens.map((token) => [formatReference(token.reference), token])).values()];
}
