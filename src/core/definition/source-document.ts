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
  readonly hint: string;
  /** The value, unless given. */
  readonly aim?: Aim;
}

/** More would not be read by anyone. */
const MOST_ISSUES = 200;

/** Gathers what is wrong with a document. */
export class IssueList {
  private readonly issues: Issue[] = [];
  private errors = 0;

  constructor(
    private readonly file: string,
    private readonly document: Pick<SourceDocument, 'positionOf'>,
  ) {}

  error(finding: Finding): void {
    this.errors += 1;
    this.add('error', finding);
  }

  warning(finding: Finding): void {
    this.add('warning', finding);
  }

  get hasErrors(): boolean {
    return this.errors > 0;
  }

  /** In the order of the file, errors first where there are too many for all. */
  sorted(): readonly Issue[] {
    const kept =
      this.issues.length <= MOST_ISSUES
        ? this.issues
        : this.issues.toSorted((a, b) => (a.severity < b.severity ? -1 : a.severity > b.severity ? 1 : 0));
    return kept.slice(0, MOST_ISSUES).toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  private add(severity: Issue['severity'], { aim = 'value', ...finding }: Finding): void {
    const at = this.document.positionOf(finding.path, aim);
    this.issues.push({ severity, ...finding, file: this.file, ...at });
  }
}
