import type { PullRequestSight, WorktreeStory } from './worktree-story.js';

/** A run that has ended in a worktree, or waits. */
export interface FormerRun {
  readonly runId: string;
  readonly workflowName: string;
  readonly status: string;
  /** What it failed of; null: nothing. */
  readonly error: string | null;
}

/** A file that a run has left. */
export interface LeftFile {
  readonly name: string;
  readonly text: string;
}

export interface Continuation {
  readonly story: WorktreeStory;
  /** Null: none is known. */
  readonly run: FormerRun | null;
  readonly files: readonly LeftFile[];
  /** What is to be done now. */
  readonly instruction: string;
}

const MOST_FILES = 5;
const MOST_LINES = 50;
const MOST_CHARACTERS = 4_000;

/** The message for a run that goes on where others have worked: what has happened, as Markdown, then what to do. */
export function continuationMessage({ story, run, files, instruction }: Continuation): string {
  const parts = [
    `## Prior Context\n\n${headOf(story, run)}`,
    ...failureOf(run),
    ...(story.commits === '' ? [] : [section('Recent Commits', fenced(story.commits))]),
    ...(story.changes === '' ? [] : [section('Changes from Base', fenced(story.changes))]),
    ...(story.pullRequest === null ? [] : [section('Pull Request', requestOf(story.pullRequest))]),
    ...(files.length === 0 ? [] : [section('Artifacts', artifactsOf(files))]),
  ];
  return `${parts.join('\n\n')}\n\n---\n\n## Your Instruction\n\n${instruction}`;
}

function headOf({ branch }: WorktreeStory, run: FormerRun | null): string {
  if (run === null) return `Branch: ${branch}`;
  return `Branch: ${branch} | Last workflow: ${run.workflowName} (run ${run.runId}, ${run.status})`;
}

function failureOf(run: FormerRun | null): readonly string[] {
  return run === null || run.error === null ? [] : [section('Why It Failed', fenced(run.error))];
}

const section = (title: string, text: string): string => `### ${title}\n\n${text}`;

const requestOf = ({ number, title, url, state }: PullRequestSight): string =>
  `**#${number}** (${state}): ${title}\n${url}`;

const artifactsOf = (files: readonly LeftFile[]): string =>
  files
    .slice(0, MOST_FILES)
    .map(({ name, text }) => `**${name}**:\n${fenced(text)}`)
    .join('\n\n');

/** The beginning of a text; its fence is longer than any that stands in it. */
function fenced(text: string): string {
  const lines = text.trimEnd().split('\n');
  const shown = lines.slice(0, MOST_LINES).join('\n').slice(0, MOST_CHARACTERS);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const isCut = shown.length < lines.join('\n').length;
  return `${fence}\n${shown}${isCut ? '\n…' : ''}\n${fence}`;
}
