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
  /** It has commits that are on no branch: git forgets them with it. */
  readonly hasLooseCommits: boolean;
  /** Since it was made, or a run last worked in it. */
  readonly idleMs: number;
  /**
   * The pull request of its branch: open; or merged or closed, and with all that the branch has. Absent: there is none
   * such, or nobody has asked.
   */
  readonly pullRequest?: 'open' | 'over';
}

/**
 * Which ones are to go: long unused; those whose work has arrived; those and the ones whose pull request is over; the
 * one that was named, `isForced`: come what may of its commits.
 */
export type RemovalRule =
  | { readonly kind: 'idle'; readonly limitMs: number }
  | { readonly kind: 'merged' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'named'; readonly isForced: boolean };

export type Removal =
  | { readonly kind: 'remove'; readonly removesBranch: boolean }
  /** `reason` continues "it stays: it …". */
  | { readonly kind: 'keep'; readonly reason: string };

const keep = (reason: string): Removal => ({ kind: 'keep', reason });

const REMOVE: Removal = { kind: 'remove', removesBranch: true };

/** Work is never lost: a tree that somebody works in, or that holds what is nowhere else, stays under every rule. */
export function judgeRemoval(facts: RemovalFacts, rule: RemovalRule): Removal {
  const reason = reasonToKeep(facts, rule);
  if (reason !== null) return keep(reason);
  switch (rule.kind) {
    case 'idle':
      if (facts.isThere && facts.idleMs < rule.limitMs) return keep('was used lately');
      return { kind: 'remove', removesBranch: facts.isMerged };
    case 'merged':
      return facts.isMerged ? REMOVE : keep('has commits that its base lacks');
    case 'closed':
      return judgeByRequest(facts);
    case 'named':
      return judgeNamed(facts.isMerged || rule.isForced);
  }
}

/** What no rule passes over; commits of its own go only where that is forced. Null: nothing. */
function reasonToKeep(facts: RemovalFacts, rule: RemovalRule): string | null {
  if (facts.hasOpenRun) return 'is in use by a run; end that first (signalbox runs --all)';
  if (facts.isDirty) return 'has changes that are not committed; commit them, or remove them by hand';
  if (facts.isLocked) return 'is locked (git worktree unlock)';
  const isForced = rule.kind === 'named' && rule.isForced;
  if (facts.hasLooseCommits && !isForced) {
    return 'has commits that are on no branch; keep them there (git switch --create NAME)';
  }
  return null;
}

function judgeNamed(mayGo: boolean): Removal {
  return mayGo
    ? REMOVE
    : keep('has commits that its base lacks; --force removes it with its branch all the same');
}

function judgeByRequest({ isMerged, pullRequest }: RemovalFacts): Removal {
  if (pullRequest === 'open') return keep('has an open pull request');
  return isMerged || pullRequest === 'over'
    ? REMOVE
    : keep('has commits that neither its base nor a closed pull request has');
}
