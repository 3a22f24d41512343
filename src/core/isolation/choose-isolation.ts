import { RunError } from '../errors.js';

/** What a start says of where it works; absent: nothing. */
export interface IsolationWish {
  /** `true`: in a worktree of its own; `false`: in the directory itself. */
  readonly worktree?: boolean | undefined;
  /** What its worktree is called. */
  readonly branch?: string | undefined;
  /** Where its branch begins. */
  readonly from?: string | undefined;
  /** What its branch is based on; `$BASE_BRANCH`. */
  readonly base?: string | undefined;
  /** The directory is to be taken as it is. */
  readonly isFolder?: boolean | undefined;
}

export interface IsolationGround {
  readonly wish: IsolationWish;
  /** What the definition says; undefined: nothing. */
  readonly definition: boolean | undefined;
  /** What the config says; undefined: nothing. */
  readonly config: boolean | undefined;
  /** Whether the caller's way of starting means a worktree when nobody says anything. */
  readonly isDefault: boolean;
  readonly hasRepository: boolean;
}

export type Isolation = 'worktree' | 'in-place';

type Rule = readonly [holds: (ground: IsolationGround) => boolean, sentence: string];

const namesWorktree = ({ branch, from, base }: IsolationWish): boolean =>
  branch !== undefined || from !== undefined || base !== undefined;

const wantsWorktree = (wish: IsolationWish): boolean =>
  wish.worktree === true || wish.branch !== undefined || wish.from !== undefined;

/** Words that cannot be meant together. */
const CONFLICTS: readonly Rule[] = [
  [
    ({ wish }) => wish.worktree === false && wish.branch !== undefined,
    'a branch names a worktree, and none is wanted; leave --branch or --no-worktree out',
  ],
  [
    ({ wish }) => wish.worktree === false && (wish.from !== undefined || wish.base !== undefined),
    '--from and --base say where a worktree begins, and none is wanted; leave them or --no-worktree out',
  ],
  [
    ({ wish }) => wish.isFolder === true && (wish.worktree !== undefined || namesWorktree(wish)),
    '--folder takes the directory as it is, without git; leave it or --worktree, --no-worktree, --branch, --from and --base out',
  ],
  [
    ({ wish, definition }) => wish.isFolder === true && definition === true,
    'the workflow wants a worktree of its own (worktree.enabled: true), and --folder takes the directory as it is; leave --folder out',
  ],
  [
    ({ wish, definition }) => definition === false && (wish.worktree === true || namesWorktree(wish)),
    'the workflow works in the checkout itself (worktree.enabled: false); leave --worktree, --branch, --from and --base out',
  ],
  [
    ({ wish, definition }) => definition === true && wish.worktree === false,
    'the workflow wants a worktree of its own (worktree.enabled: true); leave --no-worktree out',
  ],
  [
    ({ wish, definition, hasRepository }) => !hasRepository && (wantsWorktree(wish) || definition === true),
    'this directory is in no git repository, so it can have no worktree; make one with git init, or work in the directory itself with --no-worktree',
  ],
];

/**
 * Where a run works: what the caller says, else the definition, else the config, else how it was started. Outside
 * of a repository only an explicit word makes it an error.
 * @throws RunError `USAGE` words that cannot be meant together
 */
export function chooseIsolation(ground: IsolationGround): Isolation {
  const conflict = CONFLICTS.find(([holds]) => holds(ground));
  if (conflict !== undefined) throw new RunError('USAGE', conflict[1]);
  const { wish, definition, config, isDefault, hasRepository } = ground;
  if (wantsWorktree(wish)) return 'worktree';
  if (wish.worktree === false || wish.isFolder === true || !hasRepository) return 'in-place';
  return (definition ?? config ?? isDefault) ? 'worktree' : 'in-place';
}
