import {
  Composer,
  Lexer,
  Parser,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type Pair,
  type YAMLError,
} from 'yaml';
import { decodeFile } from './decode-file.js';
import type { IssueCode } from './issue.js';
import { IssueList, type Finding } from './source-document.js';
import { DEEPEST_NESTING, SourceTree, type SourceEntry, type SourceNode } from './source-tree.js';

/** A file that is to be read. `file` is only named in issues. */
export interface TextSource {
  readonly file: string;
  /** As text, or as the bytes of the file. */
  readonly text: string | Uint8Array;
}

/** A YAML file taken apart. `tree` null: it is not one readable document, and `issues` tell why. */
export interface YamlReading {
  readonly tree: SourceTree | null;
  readonly issues: IssueList;
}

/** How many words, marks and line ends a file may have: it bounds the time that a hostile one takes to about two seconds. */
const MOST_LEXEMES = 250_000;

const COMPOSER_OPTIONS = {
  version: '1.2',
  schema: 'core',
  strict: true,
  resolveKnownTags: false,
  // The library would compare every key of a map with every other; `SourceTree` looks them up.
  uniqueKeys: false,
  prettyErrors: false,
} as const;

/** Reads a file as one YAML document whose parts know where they stand. Never throws, and takes bounded time. */
export function readYaml({ file, text }: TextSource): YamlReading {
  const decoded = decodeFile(text);
  const tree = new SourceTree(decoded.text);
  const issues = new IssueList(file, tree);
  const findings = decoded.kind === 'refused' ? [decoded.finding] : readInto(tree, decoded.text);
  for (const finding of findings) issues.error(finding);
  const isReadable = findings.every(({ code }) => code === 'DUPLICATE_KEY');
  return { tree: isReadable ? tree : null, issues };
}

function readInto(tree: SourceTree, text: string): readonly Finding[] {
  const composed = compose(text);
  if ('finding' in composed) return [composed.finding];
  const [document, second] = composed.documents;
  if (document === undefined) return [];
  if (second !== undefined) {
    return [refusal('YAML_INVALID', 'the file holds several YAML documents', 'keep one', second.range[0])];
  }
  const problems = [...document.errors, ...document.warnings];
  return problems.length > 0 ? problems.map(syntaxFinding) : tree.read(toSourceNode(document.contents, 0));
}

type Composed = { readonly documents: readonly Document.Parsed[] } | { readonly finding: Finding };

/** The library's own stages, so that a file can be refused while it is being taken apart. */
function compose(text: string): Composed {
  const parser = new Parser();
  const composer = new Composer(COMPOSER_OPTIONS);
  const documents: Document.Parsed[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    const { offset } = parser;
    if (lexemes > MOST_LEXEMES) return { finding: tooComplex('has more parts than may be read', offset) };
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
    if (parser.stack.length > DEEPEST_NESTING) return { finding: tooComplex('nests too deep', offset) };
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(true, text.length));
  return { documents };
}

function tooComplex(problem: string, offset: number): Finding {
  return refusal('FILE_TOO_COMPLEX', `the file ${problem}`, 'split the workflow into smaller ones', offset);
}

function syntaxFinding({ code, message, pos }: YAMLError): Finding {
  const hint = code === 'TAB_AS_INDENT' ? 'indent with spaces' : 'mend the YAML there, or just before';
  return refusal('YAML_INVALID', message.charAt(0).toLowerCase() + message.slice(1), hint, pos[0]);
}

function refusal(code: IssueCode, message: string, hint: string, offset: number): Finding {
  return { code, path: [], message, hint, aim: { offset } };
}

/** @param otherwise where a part stands that is not there, such as the value of a key without one */
function toSourceNode(node: unknown, otherwise: number): SourceNode {
  if (isAlias(node)) return { kind: 'alias', name: node.source, ...spanOf(node, otherwise) };
  if (isMap(node)) {
    const entries = node.items.map(toSourceEntry);
    return { kind: 'map', anchor: node.anchor ?? null, entries, ...spanOf(node, otherwise) };
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => toSourceNode(item, otherwise));
    return { kind: 'list', anchor: node.anchor ?? null, items, ...spanOf(node, otherwise) };
  }
  const scalar = isScalar(node) ? node : null;
  const value = scalar?.value ?? null;
  return { kind: 'scalar', anchor: scalar?.anchor ?? null, value, ...spanOf(scalar, otherwise) };
}

function toSourceEntry({ key, value }: Pair): SourceEntry {
  const text: unknown = isScalar(key) ? key.value : null;
  const isPlain = typeof text === 'string' || typeof text === 'number' || typeof text === 'boolean';
  const { start } = spanOf(isScalar(key) || isMap(key) || isSeq(key) ? key : null, 0);
  return { key: isPlain ? String(text) : null, keyStart: start, value: toSourceNode(value, start) };
}

function spanOf(
  node: { readonly range?: readonly number[] | null | undefined } | null,
  otherwise: number,
): { readonly start: number; readonly end: number } {
  const [start = otherwise, end = start] = node?.range ?? [];
  return { start, end };
}
