import { RunError } from '../../core/errors.js';

/** How a call of `git` ended. */
export interface GitAnswer {
  /** Null: a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Calls the `git` program in a directory; ends with its status, whatever that is. */
export type Git = (words: readonly string[], directory: string) => Promise<GitAnswer>;

/** Nothing of ours may leave a collector behind that outlives its call. */
export const QUIET_GIT = [
  '-c',
  'gc.auto=0',
  '-c',
  'maintenance.auto=false',
  '-c',
  'advice.detachedHead=false',
];

/** Variables that would lead git elsewhere than it is called for. */
const LEADS_ASTRAY =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|NAMESPACE|PREFIX|CEILING_DIRECTORIES|TRACE\w*|CONFIG|CONFIG_PARAMETERS|QUARANTINE_PATH|REFLOG_ACTION|INTERNAL_\w+)$/;

/** The environment of a user's own commands, without what would mislead git or make it ask a person. */
export function gitEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(environment).filter(([name]) => !LEADS_ASTRAY.test(name));
  return { ...Object.fromEntries(entries), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
}

const SHOWN_CHARACTERS = 1_000;

/** Git's own words, on one line; what it only says on the way is left out. */
export function wordsOf({ stderr, stdout, status }: GitAnswer): string {
  const said = (stderr.trim() || stdout.trim()).slice(-SHOWN_CHARACTERS);
  if (said !== '') return said.replaceAll(/\s*\n\s*/g, ' | ');
  return status === null ? 'git was ended by a signal' : `git ended with status ${status}`;
}

/** @param action what failed, as it ends "the worktree cannot be made: git could not …" */
export function worktreeFailed(problem: string, advice: string): RunError {
  const sentence = problem.replace(/\.+$/, '');
  return new RunError('WORKTREE_FAILED', `the worktree cannot be made: ${sentence}. ${advice}`);
}

/** What a call prints, that has to succeed. @throws RunError `WORKTREE_FAILED` */
export async function mustSucceed(
  git: Git,
  words: readonly string[],
  { directory, advice }: { readonly directory: string; readonly advice: string },
): Promise<string> {
  const answer = await git(words, directory);
  if (answer.status === 0) return answer.stdout.trim();
  throw worktreeFailed(`git ${words[0] ?? ''} says: ${wordsOf(answer)}`, advice);
}

/** The first line of what a question prints; null: it has no answer. */
export async function lookUp(git: Git, words: readonly string[], directory: string): Promise<string | null> {
  const answer = await git(words, directory);
  return answer.status === 0 ? (answer.stdout.split('\n')[0] ?? '').trim() : null;
}
