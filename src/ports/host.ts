import type { HostId } from '../core/ids.js';

/** The machine and user that a worker serves. */
export interface Host {
  readonly hostId: HostId;
  readonly uid: number;
  /** The directory's real path. @throws RunError `WORKING_PATH_INVALID` it is gone, or no directory */
  realPath(path: string): Promise<string>;
  /** The real path of what may not exist yet. @throws RunError `WORKING_PATH_INVALID` */
  futurePath(path: string): Promise<string>;
  /** What `$BASE_BRANCH` stands for when nobody said; empty: git does not tell. */
  baseBranch(workingPath: string): Promise<string>;
}
