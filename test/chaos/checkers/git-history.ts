import { groupBy, type Commit, type Violation } from '../evidence.js';

/** I8: in the history of a repository the commits of one run stand together; of a revived run, those of one node. */
export function checkGitHistory(commits: readonly Commit[], revived: ReadonlySet<string>): Violation[] {
  return [...groupBy(commits, ({ path }) => path).values()].flatMap((history) =>
    interleaved(history, ({ run, session }) => (revived.has(run) ? session : run)),
  );
}

function interleaved(history: readonly Commit[], ownerOf: (commit: Commit) => string): Violation[] {
  const closed = new Set<string>();
  const violations: Violation[] = [];
  history.forEach((commit, index) => {
    const owner = ownerOf(commit);
    const before = history[index - 1];
    const last = before === undefined ? owner : ownerOf(before);
    // A revived run's nodes may work side by side: only another run between their commits counts.
    if (last !== owner && before?.run !== commit.run) closed.add(last);
    if (!closed.has(owner)) return;
    closed.delete(owner);
    const what = `${commit.path}: commits of ${commit.run} stand on both sides of commits of ${before?.run ?? 'another run'}`;
    violations.push({ invariant: 'I8', what, at: null });
  });
  return violations;
}
