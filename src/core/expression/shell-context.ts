/**
 * Where in a shell script something stands.
 * word: outside quotes · embedded: in double quotes, `${…}` inside them, or a here-document that expands ·
 * literal: in single quotes · ansi: in `$'…'` · arithmetic: in `((…))` · verbatim: in a here-document that
 * does not expand · comment.
 */
export type ShellContext = 'word' | 'embedded' | 'literal' | 'ansi' | 'arithmetic' | 'verbatim' | 'comment';

/** A here-document with a quoted delimiter. Offsets in UTF-16 units, ends exclusive. */
export interface VerbatimDocument {
  readonly delimiter: string;
  readonly delimiterStart: number;
  readonly delimiterEnd: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

/** What was found in a script. `contexts`: by offset of each dollar sign that no backslash takes away. */
export interface ShellReading {
  readonly contexts: ReadonlyMap<number, ShellContext>;
  readonly verbatimDocuments: readonly VerbatimDocument[];
}

/**
 * Follows the quoting of a bash script. It is no parser: a construct that it misjudges costs the author a
 * quote too many or too few, never safety, because nothing that depends on a value is written into the script.
 */
export function readShell(script: string): ShellReading {
  const reader = new ShellReader(script);
  reader.run();
  return reader;
}

type Closer = '' | ')' | '`' | '}';
type Frame =
  | { readonly kind: 'word'; readonly closer: Closer; openCases: number }
  | { readonly kind: 'double' }
  | { readonly kind: 'brace' }
  | { readonly kind: 'arithmetic'; depth: number }
  | { readonly kind: 'document'; readonly heading: Heading };

interface Heading {
  readonly delimiter: string;
  readonly delimiterStart: number;
  readonly delimiterEnd: number;
  readonly isVerbatim: boolean;
  readonly stripsTabs: boolean;
}

const WORD_START = /[\s;&|(]/;
const HEADING = /<<(-?)[ \t]*((?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s;&|()<>'"\\])+)/y;
const COMMAND_POSITION = /(?:^|[\n;&|({]|\b(?:do|then|else))\s*$/;
const CASE = /case(?=\s)/y;
const ESAC = /esac(?![\w-])/y;

class ShellReader implements ShellReading {
  readonly contexts = new Map<number, ShellContext>();
  readonly verbatimDocuments: VerbatimDocument[] = [];
  private readonly frames: Frame[] = [{ kind: 'word', closer: '', openCases: 0 }];
  private readonly headings: Heading[] = [];
  private at = 0;

  constructor(private readonly script: string) {}

  run(): void {
    while (this.at < this.script.length) this.step(this.top());
  }

  private top(): Frame {
    return this.frames.at(-1) ?? { kind: 'word', closer: '', openCases: 0 };
  }

  private pop(): void {
    if (this.frames.length > 1) this.frames.pop();
  }

  private step(frame: Frame): void {
    const char = this.script[this.at];
    if (char === '\\') this.at += 2;
    else if (char === '$') this.dollar(frame);
    else if (char === '`') this.backtick(frame);
    else if (frame.kind === 'word') this.stepWord(frame, char);
    else if (frame.kind === 'arithmetic') this.stepArithmetic(frame, char);
    else if (frame.kind === 'document') this.stepDocument(frame, char);
    else this.stepEmbedded(frame, char);
  }

  private stepWord(frame: Frame & { kind: 'word' }, char: string | undefined): void {
    if (char === "'") this.quoted('literal', this.at + 1);
    else if (char === '"') this.push({ kind: 'double' }, 1);
    else if (char === '#' && this.isWordStart() && frame.closer !== '}') this.comment();
    else if (char === '(') this.parenthesis();
    else if (char === frame.closer) this.close(frame);
    else if (char === '<' && this.script.startsWith('<<', this.at)) this.heading();
    else if (char === '\n') this.newline();
    else this.plain(frame, char);
  }

  private plain(frame: Frame & { kind: 'word' }, char: string | undefined): void {
    if ((char === 'c' || char === 'e') && this.isWordStart()) this.countCases(frame);
    this.at += 1;
  }

  /** `case` matters because its patterns end with a parenthesis that closes nothing. */
  private countCases(frame: Frame & { kind: 'word' }): void {
    if (this.matches(ESAC)) frame.openCases = Math.max(0, frame.openCases - 1);
    const before = this.script.slice(Math.max(0, this.at - 16), this.at);
    if (this.matches(CASE) && COMMAND_POSITION.test(before)) frame.openCases += 1;
  }

  private close(frame: Frame & { kind: 'word' }): void {
    const endsPattern = frame.closer === ')' && frame.openCases > 0;
    if (!endsPattern) this.pop();
    this.at += 1;
  }

  private parenthesis(): void {
    const isArithmetic = this.script.startsWith('((', this.at) && this.isWordStart();
    if (isArithmetic) this.push({ kind: 'arithmetic', depth: 0 }, 2);
    else this.push({ kind: 'word', closer: ')', openCases: 0 }, 1);
  }

  private stepEmbedded(frame: Frame, char: string | undefined): void {
    if (frame.kind === 'double' && char === '"') this.pop();
    else if (frame.kind === 'brace' && char === '}') this.pop();
    else if (frame.kind === 'brace' && char === '"') this.frames.push({ kind: 'double' });
    this.at += 1;
  }

  private stepArithmetic(frame: Frame & { kind: 'arithmetic' }, char: string | undefined): void {
    this.at += 1;
    if (char === '(') frame.depth += 1;
    if (char !== ')') return;
    if (frame.depth > 0) frame.depth -= 1;
    else {
      if (this.script[this.at] === ')') this.at += 1;
      this.pop();
    }
  }

  private stepDocument(frame: Frame & { kind: 'document' }, char: string | undefined): void {
    this.at += 1;
    if (char === '\n') this.endDocument(frame.heading);
  }

  private dollar(frame: Frame): void {
    this.contexts.set(this.at, contextOf(frame));
    const next = this.script.slice(this.at + 1, this.at + 3);
    const isWord = frame.kind === 'word';
    if (next === '((') this.push({ kind: 'arithmetic', depth: 0 }, 3);
    else if (next.startsWith('(')) this.push({ kind: 'word', closer: ')', openCases: 0 }, 2);
    else if (next.startsWith('{'))
      this.push(isWord ? { kind: 'word', closer: '}', openCases: 0 } : { kind: 'brace' }, 2);
    else if (isWord && next.startsWith("'")) this.quoted('ansi', this.at + 2);
    else this.at += 1;
  }

  private backtick(frame: Frame): void {
    if (frame.kind === 'word' && frame.closer === '`') {
      this.pop();
      this.at += 1;
    } else this.push({ kind: 'word', closer: '`', openCases: 0 }, 1);
  }

  private push(frame: Frame, width: number): void {
    this.frames.push(frame);
    this.at += width;
  }

  private quoted(context: 'literal' | 'ansi', from: number): void {
    this.at = from;
    while (this.at < this.script.length && this.script[this.at] !== "'") {
      if (this.script[this.at] === '$') this.contexts.set(this.at, context);
      this.at += context === 'ansi' && this.script[this.at] === '\\' ? 2 : 1;
    }
    this.at += 1;
  }

  private comment(): void {
    this.at = this.mark(this.at, lineEnd(this.script, this.at), 'comment');
  }

  private heading(): void {
    const isHereString = this.script.startsWith('<<<', this.at);
    const match = isHereString ? null : this.matches(HEADING);
    if (match === null) {
      this.at += isHereString ? 3 : 2;
      return;
    }
    const [whole, dash = '', raw = ''] = match;
    const delimiterEnd = this.at + whole.length;
    const delimiterStart = delimiterEnd - raw.length;
    const delimiter = raw.replaceAll(/['"]|\\(?=.)/g, '');
    this.headings.push({
      delimiter,
      delimiterStart,
      delimiterEnd,
      isVerbatim: delimiter !== raw,
      stripsTabs: dash === '-',
    });
    this.at = delimiterEnd;
  }

  private newline(): void {
    this.at += 1;
    this.beginDocument();
  }

  private beginDocument(): void {
    const heading = this.headings.shift();
    if (heading === undefined) return;
    if (heading.isVerbatim) this.verbatim(heading);
    else {
      this.frames.push({ kind: 'document', heading });
      this.endDocument(heading);
    }
  }

  /** At the beginning of a line of a here-document that expands: leaves it when this is its last line. */
  private endDocument(heading: Heading): void {
    const end = lineEnd(this.script, this.at);
    if (!isLastLine(this.script.slice(this.at, end), heading)) return;
    this.pop();
    this.at = end + 1;
    this.beginDocument();
  }

  private verbatim(heading: Heading): void {
    const bodyStart = this.at;
    let end = lineEnd(this.script, this.at);
    while (end < this.script.length && !isLastLine(this.script.slice(this.at, end), heading)) {
      this.at = end + 1;
      end = lineEnd(this.script, this.at);
    }
    const bodyEnd = isLastLine(this.script.slice(this.at, end), heading) ? this.at : end;
    this.mark(bodyStart, bodyEnd, 'verbatim');
    const { delimiter, delimiterStart, delimiterEnd } = heading;
    this.verbatimDocuments.push({ delimiter, delimiterStart, delimiterEnd, bodyStart, bodyEnd });
    this.at = end + 1;
    this.beginDocument();
  }

  private mark(from: number, to: number, context: ShellContext): number {
    for (const { index } of this.script.slice(from, to).matchAll(/\$/g))
      this.contexts.set(from + index, context);
    return to;
  }

  private isWordStart(): boolean {
    return this.at === 0 || WORD_START.test(this.script[this.at - 1] ?? '');
  }

  private matches(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    return pattern.exec(this.script);
  }
}

function contextOf(frame: Frame): ShellContext {
  if (frame.kind === 'word') return 'word';
  return frame.kind === 'arithmetic' ? 'arithmetic' : 'embedded';
}

function lineEnd(script: string, from: number): number {
  const end = script.indexOf('\n', from);
  return end < 0 ? script.length : end;
}

function isLastLine(line: string, heading: Heading): boolean {
  return (heading.stripsTabs ? line.replace(/^\t+/, '') : line) === heading.delimiter;
}
