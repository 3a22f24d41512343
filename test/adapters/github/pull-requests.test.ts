import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makePullRequests } from '../../../src/adapters/github/pull-requests.js';
import { tempDirectory } from '../../support/temp-directory.js';

let place: string;
beforeEach(() => {
  place = tempDirectory();
  mkdirSync(join(place, 'bin'));
});

/** A `gh` that notes where and how it is called. */
function asks(body: string): Promise<unknown> {
  const program = join(place, 'bin', 'gh');
  writeFileSync(program, `#!/bin/sh\n{ pwd; printf '%s\\n' "$@"; } > "${place}/asked"\n${body}\n`);
  chmodSync(program, 0o755);
  return ask();
}

const ask = (): Promise<unknown> =>
  makePullRequests({ PATH: `${join(place, 'bin')}:/usr/bin:/bin`, HOME: place }).of(place, 'archon/task-x');

const REQUEST =
  '{"number":7,"title":"Mend it","url":"https://github.com/a/b/pull/7","headRefOid":"abc","state":';

describe('the pull requests of a branch', () => {
  it('are what gh tells, asked in the repository', async () => {
    const told = await asks(`echo '[${REQUEST}"CLOSED"},${REQUEST}"MERGED"},${REQUEST}"OPEN"}]'`);
    const request = { number: 7, title: 'Mend it', url: 'https://github.com/a/b/pull/7', head: 'abc' };
    expect(told).toEqual([
      { ...request, state: 'closed' },
      { ...request, state: 'merged' },
      { ...request, state: 'open' },
    ]);
    const [directory, ...words] = readFileSync(join(place, 'asked'), 'utf8').trim().split('\n');
    expect(directory).toBe(place);
    expect(words.join(' ')).toBe(
      'pr list --head archon/task-x --state all --json number,title,url,state,headRefOid',
    );
  });

  it('that are in a state of a later GitHub count as open', async () => {
    expect(await asks(`echo '[${REQUEST}"DRAFTED"}]'`)).toMatchObject([{ state: 'open' }]);
  });

  it('are none where gh has none', async () => {
    expect(await asks("echo '[]'")).toEqual([]);
  });

  it('cannot be known where there is no gh', async () => {
    const unknown = makePullRequests({ PATH: join(place, 'bin') }).of(place, 'x');
    await expect(unknown).rejects.toMatchObject({
      code: 'PULL_REQUESTS_UNREACHABLE',
      message: expect.stringContaining('there is no gh on PATH. Install'),
    });
  });

  it.each([
    ["echo 'not logged in' >&2; exit 4", 'gh says: not logged in'],
    ['echo nonsense', 'what is no list: nonsense'],
    ["echo '{}'", 'what is no list: {}'],
  ])('cannot be known where it does: %s', async (body, sentence) => {
    await expect(asks(body)).rejects.toMatchObject({
      code: 'PULL_REQUESTS_UNREACHABLE',
      message: expect.stringContaining(sentence),
    });
  });
});
