import { openChildren, pagedCount, type Subruns } from './subruns.js';

/** How the sub-runs of a node stand. */
export interface ChildCounts {
  /** Null: not known yet. */
  readonly total: number | null;
  /** Begun and not ended … */
  readonly open: number;
  /** … of which so many wait for nothing but gates. */
  readonly waiting: number;
  readonly ended: number;
}

export function childCounts(subruns: Subruns): ChildCounts {
  const open = openChildren(subruns);
  const ended = subruns.children.filter(({ status }) => status === 'ended').length;
  return {
    total: subruns.total,
    open: open.length,
    waiting: open.filter(({ isPaused }) => isPaused).length,
    ended: pagedCount(subruns) + ended,
  };
}

/** The same in words: `3 of 10 sub-runs done, 4 at work, 2 waiting at gates`. */
export function tellCounts({ total, open, waiting, ended }: ChildCounts): string {
  return [
    `${ended} of ${total ?? '?'} sub-runs done`,
    ...(open > waiting ? [`${open - waiting} at work`] : []),
    ...(waiting > 0 ? [`${waiting} waiting at gates`] : []),
  ].join(', ');
}
