import type { ErrorCode } from '../../core/errors.js';
import type { BoxExit, BoxTask } from '../../ports/box.js';

/** From the worker to its launcher, over Node's channel between parent and child. */
export interface LaunchOrder {
  /** Names the launch in what is reported of it. */
  readonly id: number;
  readonly task: BoxTask;
  readonly markers: Readonly<Record<string, string>>;
}

/** Back: `started` and later `ended`, or `refused`. */
export type LaunchReport =
  | {
      readonly kind: 'started';
      readonly id: number;
      readonly pid: number;
      readonly startTicks: number | null;
    }
  | { readonly kind: 'ended'; readonly id: number; readonly exit: BoxExit }
  | {
      readonly kind: 'refused';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    };
