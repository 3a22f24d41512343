import type { WorktreeGround } from '../core/isolation/plan-worktree.js';
import type { WorktreeOrder, WorktreeSettings } from '../core/isolation/worktree-order.js';
import { isJsonObject } from '../core/json.js';

type Check = (value: unknown) => boolean;
type Shape<Value> = Readonly<Record<keyof Value, Check>>;

const isText: Check = (value) => typeof value === 'string';
const isFilled: Check = (value) => isText(value) && value !== '';
const isTextOrNull: Check = (value) => value === null || isText(value);
const isFlag: Check = (value) => typeof value === 'boolean';
const areTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isPath: Check = (value) => isText(value) && (value as string).startsWith('/');

const fits = <Value>(value: unknown, shape: Shape<Value>): boolean =>
  isJsonObject(value) && Object.entries<Check>(shape).every(([name, check]) => check(value[name]));

const ORDER: Shape<WorktreeOrder> = {
  repository: isPath,
  identifier: isFilled,
  branch: isFilled,
  from: isTextOrNull,
  baseBranch: isTextOrNull,
  remote: isTextOrNull,
  copyFiles: areTexts,
  initSubmodules: isFlag,
};

const SETTINGS: Shape<Omit<WorktreeSettings, 'isWanted'>> = {
  baseBranch: isTextOrNull,
  copyFiles: areTexts,
  initSubmodules: isFlag,
  path: isTextOrNull,
  remote: isTextOrNull,
};

const REPOSITORY: Shape<WorktreeGround['repository']> = { directory: isPath, remoteUrl: isTextOrNull };

const GROUND: Shape<WorktreeGround> = {
  repository: (value) => fits(value, REPOSITORY),
  settings: (value) => fits(value, SETTINGS),
  archonHome: isPath,
};

/** Whether a value, where it arrives, says how a worktree is made. */
export const isWorktreeOrder: Check = (value) => fits(value, ORDER);

/** Whether a value, where it arrives, says where worktrees lie. */
export const isWorktreeGround: Check = (value) => fits(value, GROUND);
