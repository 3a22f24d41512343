/** What is known of a worktree that somebody would remove. */
export interface RemovalFacts {
  /** Its directory is there. */
  readonly isThere: boolean;
  /** Files that are not committed, and not ignored. */
  readonly isDirty: boolean;
  /** A person has locked it (`git worktree lock`). */
  readonly isLocked: boolean;
  /** A run works in it, or waits. */
  readonly hasOpenRun: boolean;
  /** Its base has all that its branch has. */
  readonly isMerged: boolean;
  /** Since it was made, or a run last worked in it. */
  readonly idleMs: number;
}

/** Which ones are to go: long unused; those whose work has arrived; the one that was named, `isForced`: come what may of its commits. */
export type RemovalRule =
  | { readonly kind: 'idle'; readonly limitMs: number }
  | { readonly kind: 'merged' }
  | { readonly kind: 'named'; readonly isForced: boolean };

export type Removal =
  | { readonly kind: 'remove'; readonly removesBranch: boolean }
  /** `reason` continues "it stays: it …". */
  | { readonly kind: 'keep'; readonly reason: string };

const keep = (reason: string): Removal => ({ kind: 'keep', reason });

/** Work is never lost: a tree that somebody works in, or that holds what is nowhere else, stays under every rule. */
export function judgeRemoval(facts: RemovalFacts, rule: RemovalRule): Removal {
  if (facts.hasOpenRun) return keep('is in use by a run; end that first (signalbox runs --all)');
  if (facts.isDirty) return keep('has changes that are not committed; commit them, or remove them by hand');
  if (facts.isLocked) return keep('is locked (git worktree unlock)');
  switch (rule.kind) {
    case 'idle':
      if (facts.isThere && facts.idleMs < rule.limitMs) return keep('was used lately');
      return { kind: 'remove', removesBranch: facts.isMerged };
    case 'merged':
      if (!facts.isMerged) return keep('has commits that its base lacks');
      return { kind: 'remove', removesBranch: true };
    case 'named':
      if (!facts.isMerged && !rule.isForced) {
        return keep('has commits that its base lacks; --force removes it with its branch all the same');
      }
      return { kind: 'remove', removesBranch: true };
  }
}
