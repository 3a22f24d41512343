import { RunError } from '../errors.js';
import type { FieldValue, Scope, TextValue } from '../run/task.js';
import { findTokens, USER_VARIABLES, type Reference, type Token, type VariableName } from './reference.js';
import { resolveReference } from './scope.js';
import { readShell, type ShellReading } from './shell-context.js';
import { shellQuote } from './shell-binding.js';
import { ShellScript, type Place, type ShellValue } from './shell-script.js';

/**
 * Where a text goes. bash: a script; references and variables are replaced, and no value can become code.
 * script: a program in another language, where both are replaced by their text, and the author quotes.
 * prompt: what an agent or a sub-run is told; inputs and the user's variables are replaced, too.
 * message: what a person reads; references are replaced by their text, variables are left alone.
 */
export type Surface = 'bash' | 'script' | 'prompt' | 'message';

const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/**
 * The text with every reference replaced, in a single pass: what a value says is never looked at again.
 * NUL bytes of values are left out of a script, since bash can hold none.
 * @throws RunError `REFERENCE_UNRESOLVED` · `INTERNAL` a value for a script is still in its file: the host
 *   loads it first
 * @see docs/adr/0002-values-in-shell-scripts.md
 */
export function substitute(text: string, surface: Surface, scope: Scope): string {
  if (surface === 'bash') return substituteInScript(text, scope);
  const parts: string[] = [];
  let at = 0;
  for (const token of findTokens(text, surface === 'prompt' ? 'prompt' : 'script')) {
    const value = plainText(token, surface, scope);
    if (value === null) continue;
    parts.push(text.slice(at, token.start), value);
    at = token.end;
  }
  return [...parts, text.slice(at)].join('');
}

/** What stands for a token where nothing needs quotes; null: it is left as it is. */
function plainText(token: Token, surface: Exclude<Surface, 'bash'>, scope: Scope): string | null {
  if (token.kind === 'variable') return surface === 'message' ? null : variable(token.name, scope);
  const { reference } = token;
  if (reference.kind === 'input' && surface !== 'prompt') return null;
  const { text } = valueOf(reference, scope);
  return surface === 'message' ? readable(text) : loaded(text);
}

function substituteInScript(text: string, scope: Scope): string {
  const tokens = findTokens(text);
  if (tokens.length === 0) return text;
  const reading = readShell(text);
  const script = new ShellScript(text, reading);
  for (const token of tokens) place(token, script, reading, scope);
  const rendered = script.render();
  if ('script' in rendered) return rendered.script;
  throw new RunError(
    'REFERENCE_UNRESOLVED',
    `the here-document '${rendered.unusableDelimiter}' cannot take values: give it one plain word as its delimiter`,
  );
}

function place(token: Token, script: ShellScript, reading: ShellReading, scope: Scope): void {
  const context = reading.contexts.get(token.start);
  if (context === undefined || context === 'comment') return;
  const at: Place = { start: token.start, end: token.end, context };
  if (token.kind === 'variable') {
    const exact = withoutNul(variable(token.name, scope));
    script.bind(at, { exact, shown: exact });
  } else if (token.reference.kind !== 'input') {
    placeValue(at, script, valueOf(token.reference, scope));
  }
}

function placeValue(at: Place, script: ShellScript, value: FieldValue): void {
  const exact = withoutNul(loaded(value.text));
  if (isBare(value.type, exact)) script.paste(at, exact);
  else script.bind(at, toShellValue(exact));
}

function toShellValue(exact: string): ShellValue {
  return { exact, shown: shellQuote(exact) };
}

/** Numbers and booleans hold nothing that means anything to a shell. */
function isBare(type: FieldValue['type'], text: string): boolean {
  return (
    (type === 'number' && NUMBER.test(text)) || (type === 'boolean' && (text === 'true' || text === 'false'))
  );
}

function valueOf(reference: Reference, scope: Scope): FieldValue {
  const resolution = resolveReference(reference, scope);
  if (resolution.kind === 'value') return resolution.value;
  throw new RunError('REFERENCE_UNRESOLVED', resolution.message);
}

function variable(name: VariableName, scope: Scope): string {
  const value = Object.hasOwn(scope.variables, name) ? scope.variables[name] : undefined;
  if (value !== undefined && (value !== '' || name !== 'BASE_BRANCH')) return value;
  if (USER_VARIABLES.some((known) => known === name)) return '';
  const hint =
    name === 'BASE_BRANCH' ? ': give the run --base BRANCH, or set the default branch of origin' : '';
  throw new RunError('REFERENCE_UNRESOLVED', `'$${name}' has no value here${hint}`);
}

function readable(value: TextValue): string {
  if (value.kind === 'inline') return value.text;
  return `${value.excerpt}\n… (${value.bytes} bytes, all of them in ${value.path})`;
}

function loaded(value: TextValue): string {
  if (value.kind === 'inline') return value.text;
  throw new RunError('INTERNAL', `${value.path} must be read before it is written into a script`);
}

function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}
