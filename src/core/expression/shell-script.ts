import { bindVariable } from './shell-binding.js';
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

const COMPARED_AFTER = /^"?[ \t]+-(?:eq|ne|lt|le|gt|ge)[ \t]/;
const COMPARED_BEFORE = /[ \t]-(?:eq|ne|lt|le|gt|ge)[ \t]+"?$/;
const INTEGER = /^-?\d+$/;
const PLAIN_DELIMITER = /^[\w.%+:@-]+$/;

/**
 * A script under construction. Values are bound to shell variables in front of the first line, and the script
 * only names those variables, as a prepared statement does: so what bash parses is the same whatever the values are.
 */
export class ShellScript {
  private readonly edits: Edit[] = [];
  private readonly bindings = new Map<string, string>();
  /** Offsets of places that are edited, and whether their value is bound. */
  private readonly places = new Map<number, boolean>();

  constructor(
    private readonly script: string,
    private readonly reading: ShellReading,
  ) {}

  /** Writes text that is the same for all values of its kind, such as a number, as it is. */
  paste(place: Place, text: string): void {
    this.edit(place, text, false);
  }

  /** Makes the place stand for the value. */
  bind(place: Place, value: ShellValue): void {
    const name = this.variable(this.formOf(place, value));
    this.edit(place, expansion(place.context, name), true);
  }

  /** The script with its bindings, or the delimiter of a here-document that cannot take values. */
  render(): { readonly script: string } | { readonly unusableDelimiter: string } {
    const documents = this.reading.verbatimDocuments.filter((document) => this.expandsIn(document));
    const unusable = documents.find(({ delimiter }) => !PLAIN_DELIMITER.test(delimiter));
    if (unusable !== undefined) return { unusableDelimiter: unusable.delimiter };
    for (const document of documents) this.openUp(document);
    return { script: this.preamble() + applyEdits(this.script, this.edits) };
  }

  private edit({ start, end }: Place, text: string, isBound: boolean): void {
    this.edits.push({ start, end, text });
    this.places.set(start, isBound);
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

  private preamble(): string {
    return [...this.bindings].map(([text, name]) => bindVariable(name, text)).join('');
  }

  private expandsIn(document: VerbatimDocument): boolean {
    return this.specialsIn(document).some((at) => this.places.get(at) === true);
  }

  /** Lets a here-document expand our variables, and nothing else of what the author wrote. */
  private openUp(document: VerbatimDocument): void {
    for (const at of this.specialsIn(document)) {
      if (!this.places.has(at)) this.edits.push({ start: at, end: at, text: '\\' });
    }
    const { delimiter, delimiterStart, delimiterEnd } = document;
    this.edits.push({ start: delimiterStart, end: delimiterEnd, text: delimiter });
  }

  /** Where characters stand that mean something in a here-document that expands. */
  private specialsIn({ bodyStart, bodyEnd }: VerbatimDocument): readonly number[] {
    const matches = this.script.slice(bodyStart, bodyEnd).matchAll(/[\\$`]/g);
    return [...matches].map(({ index }) => bodyStart + index);
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

function applyEdits(script: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(script.slice(at, start), text);
    at = end;
  }
  return [...parts, script.slice(at)].join('');
}
