import { execFile } from 'node:child_process';
import { RunError } from '../../core/errors.js';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.js';
import type { PullRequest, PullRequests } from '../../ports/pull-requests.js';

const DEADLINE_MS = 30_000;
const FIELDS = ['number', 'title', 'url', 'state', 'headRefOid'];
const STATES: Readonly<Record<string, PullRequest['state']>> = {
  OPEN: 'open',
  MERGED: 'merged',
  CLOSED: 'closed',
};

/** Asks GitHub by its own program, `gh`, as whoever has logged in with it. @param environment with `PATH` */
export function makePullRequests(environment: Readonly<Record<string, string>>): PullRequests {
  return {
    of: async (repository, branch) => {
      const words = ['pr', 'list', '--head', branch, '--state', 'all', '--json', FIELDS.join(',')];
      return readAnswer(await gh(words, repository, environment), branch);
    },
  };
}

function gh(
  words: readonly string[],
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...environment, GH_PROMPT_DISABLED: '1', NO_COLOR: '1' };
    const options = { cwd: directory, env, timeout: DEADLINE_MS };
    execFile('gh', [...words], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') reject(unreachable('there is no gh on PATH'));
      else reject(unreachable(`gh says: ${lineOf(stderr) || lineOf(error.message)}`));
    });
  });
}

function readAnswer(text: string, branch: string): readonly PullRequest[] {
  const requests = parse(text);
  if (Array.isArray(requests) && requests.every(isJsonObject)) return requests.map(requestOf);
  throw unreachable(`gh answers for ${branch} what is no list: ${lineOf(text)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A state of a later GitHub counts as open: then nothing is removed. */
function requestOf({ number, title, url, state, headRefOid }: JsonObject): PullRequest {
  return {
    number: Number(number),
    title: textOf(title),
    url: textOf(url),
    state: STATES[textOf(state)] ?? 'open',
    head: textOf(headRefOid),
  };
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const lineOf = (text: string): string =>
  text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' | ')
    .slice(0, 500);

function unreachable(problem: string): RunError {
  return new RunError(
    'PULL_REQUESTS_UNREACHABLE',
    `GitHub cannot be asked for pull requests: ${problem}. Install GitHub's command line and log in (gh auth login), or leave --include-closed out`,
  );
}
