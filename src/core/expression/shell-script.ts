import type { ShellContext, ShellReading, VerbatimDocument } from './shell-context.js';

/** A value for a script. `exact`: the text itself; `shown`: what stands for it where bash only copies text. */
export interface ShellValue {
  readonly exact: string;
  readonly shown: string;
}

/** A place in a script that stands for a value. Offsets in UTF-16 units, `end` exclusive. */
export interface Place {
  readonly start: number;
  readonly end: number;
  readonly context: ShellContext;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const ANSI_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\n': '\\n' };
const COMPARED_AFTER = /^"?[ \t]+-(?:eq|ne|lt|le|gt|ge)[ \t]/;
const COMPARED_BEFORE = /[ \t]-(?:eq|ne|lt|le|gt|ge)[ \t]+"?$/;
const INTEGER = /^-?\d+$/;
const PLAIN_DELIMITER = /^[\w.%+:@-]+$/;

/** One word of shell text that stands for exactly this text. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * A script under construction. Values are bound to shell variables in front of the first line, and the script
 * only names those variables, as a prepared statement does: so what bash parses is the same whatever the values are.
 */
export class ShellScript {
  private readonly edits: Edit[] = [];
  private readonly bindings = new Map<string, string>();

  constructor(
    private readonly script: string,
    private readonly reading: ShellReading,
  ) {}

  /** Writes text that is the same for all values of its kind, such as a number, as it is. */
  paste(place: Place, text: string): void {
    this.edits.push({ start: place.start, end: place.end, text });
  }

  /** Makes the place stand for the value. */
  bind(place: Place, value: ShellValue): void {
    const name = this.variable(this.formOf(place, value));
    this.paste(place, expansion(place.context, name));
  }

  /** The script with its bindings, or the delimiter of a here-document that cannot take values. */
  render(): { readonly script: string } | { readonly unusableDelimiter: string } {
    const documents = this.reading.verbatimDocuments.filter((document) => this.hasEditIn(document));
    const unusable = documents.find(({ delimiter }) => !PLAIN_DELIMITER.test(delimiter));
    if (unusable !== undefined) return { unusableDelimiter: unusable.delimiter };
    for (const document of documents) this.openUp(document);
    return { script: this.preamble() + applyEdits(this.script, this.edits) };
  }

  private formOf(place: Place, value: ShellValue): string {
    const isNumeric = place.context === 'arithmetic' || isComparedAsNumber(this.script, place);
    if (isNumeric) return INTEGER.test(value.exact) ? value.exact : value.shown;
    return place.context === 'embedded' || place.context === 'verbatim' ? value.shown : value.exact;
  }

  private variable(text: string): string {
    const name = this.bindings.get(text) ?? `__signalbox_value_${this.bindings.size + 1}`;
    this.bindings.set(text, name);
    return name;
  }

  /** On one line, so that line numbers in bash's messages stay the author's. */
  private preamble(): string {
    return [...this.bindings].map(([text, name]) => `${name}=${ansiQuote(text)}; `).join('');
  }

  private hasEditIn({ bodyStart, bodyEnd }: VerbatimDocument): boolean {
    return this.edits.some(({ start }) => start >= bodyStart && start < bodyEnd);
  }

  /** Lets a here-document expand our variables, and nothing else of what the author wrote. */
  private openUp({ delimiter, delimiterStart, delimiterEnd, bodyStart, bodyEnd }: VerbatimDocument): void {
    const inside = this.edits.filter(({ start }) => start >= bodyStart && start < bodyEnd);
    const special = [...this.script.slice(bodyStart, bodyEnd).matchAll(/[\\$`]/g)];
    const places = special.map(({ index }) => bodyStart + index);
    const replaced = new Set(inside.map(({ start }) => start));
    for (const at of places) if (!replaced.has(at)) this.edits.push({ start: at, end: at, text: '\\' });
    this.edits.push({ start: delimiterStart, end: delimiterEnd, text: delimiter });
  }
}

/**
 * Whether a place is an operand of `-eq` and the like. `[[ … -gt 1 ]]` evaluates its operands as expressions, which
 * may run commands, so only integers go there as they are.
 */
export function isComparedAsNumber(script: string, { start, end }: Pick<Place, 'start' | 'end'>): boolean {
  return (
    COMPARED_AFTER.test(script.slice(end, end + 8)) ||
    COMPARED_BEFORE.test(script.slice(Math.max(0, start - 8), start))
  );
}

/** `?` makes a shell that lacks the variable (a function sent elsewhere) fail, where it would read nothing. */
function expansion(context: ShellContext, name: string): string {
  switch (context) {
    case 'word':
      return `"\${${name}?}"`;
    case 'literal':
      return `'"\${${name}?}"'`;
    case 'ansi':
      return `'"\${${name}?}"$'`;
    case 'embedded':
    case 'verbatim':
    case 'arithmetic':
    case 'comment':
      return `\${${name}?}`;
  }
}

function ansiQuote(text: string): string {
  return `$'${text.replaceAll(/[\\'\n]/g, (char) => ANSI_ESCAPES[char] ?? char)}'`;
}

function applyEdits(script: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(script.slice(at, start), text);
    at = end;
  }
  return [...parts, script.slice(at)].join('');
}
