import type { Reference } from './reference.js';

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** `ref op literal`; one that could not be read keeps its text, and matters only if it is reached. */
export type Atom =
  | {
      readonly kind: 'compare';
      readonly left: Reference;
      readonly operator: Comparison;
      readonly right: string;
    }
  | { readonly kind: 'unreadable'; readonly text: string; readonly problem: string };

/** `a && b || c` as [[a, b], [c]]: true when every atom of any group is. Read left to right, lazily. */
export type Condition = readonly (readonly Atom[])[];
