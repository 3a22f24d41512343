import type { Issue, IssueCode, IssuePath } from './issue.js';

/** From 1; `column` in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * What exactly to point at: the key, its value, the first place in the value where a text stands, or an offset in
 * the file (UTF-16 units), whatever the path.
 */
export type Aim = 'key' | 'value' | { readonly text: string } | { readonly offset: number };

/** A file as data that still knows where everything stood. */
export interface SourceDocument {
  /** Maps, lists and scalars. Shared parts (YAML aliases) are shared here too; there are no cycles. */
  readonly value: unknown;
  /** Where a path leads to; where it leads nowhere, the last part of it that exists. */
  positionOf(path: IssuePath, aim: Aim): Position;
}

/** One thing wrong, before it is known which file it is in. */
export interface Finding {
  readonly code: IssueCode;
  readonly path: IssuePath;
  readonly message: string;
  /** Worked out only for issues that are told: looking for near names takes time. */
  readonly hint: string | (() => string);
  /** The value, unless given. */
  readonly aim?: Aim;
}

/** More would not be read by anyone. */
const MOST_ISSUES = 200;

interface Entry {
  readonly severity: Issue['severity'];
  readonly finding: Finding;
}

/** Gathers what is wrong with a document. */
export class IssueList {
  private readonly errors: Entry[] = [];
  private readonly warnings: Entry[] = [];

  constructor(
    private readonly file: string,
    private readonly document: Pick<SourceDocument, 'positionOf'>,
  ) {}

  /** An empty list about the same document. */
  empty(): IssueList {
    return new IssueList(this.file, this.document);
  }

  /** A list that begins with what this one holds. */
  copy(): IssueList {
    const copy = this.empty();
    for (const entry of this.errors) copy.errors.push(entry);
    for (const entry of this.warnings) copy.warnings.push(entry);
    return copy;
  }

  error(finding: Finding): void {
    this.errors.push({ severity: 'error', finding });
  }

  warning(finding: Finding): void {
    this.warnings.push({ severity: 'warning', finding });
  }

  get hasErrors(): boolean {
    return this.errors.length > 0;
  }

  /** In the order of the file; where there are too many for all, errors before warnings. */
  told(): readonly Issue[] {
    const issues = [...this.errors, ...this.warnings]
      .slice(0, MOST_ISSUES)
      .map((entry) => this.toIssue(entry));
    return issues.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  private toIssue({ severity, finding }: Entry): Issue {
    const { code, path, message, hint, aim = 'value' } = finding;
    const at = this.document.positionOf(path, aim);
    return {
      severity,
      code,
      message,
      hint: typeof hint === 'string' ? hint : hint(),
      path,
      file: this.file,
      ...at,
    };
  }
}
