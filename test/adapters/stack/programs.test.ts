import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProgramOptions } from '../../../src/adapters/stack/options.js';
import { findTemporalCli, findTestServer } from '../../../src/adapters/stack/programs.js';

const GOOD_VERSION = 'temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)';

describe('the search for a program', () => {
  let directory: string;
  let lines: string[];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'signalbox-programs-'));
    lines = [];
    // Where downloads would go, something stands in the way: these tests need no network.
    write('home/cache/programs/downloads', 'not a directory');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const progress = (line: string) => lines.push(line);
  const options = (changes: Partial<ProgramOptions> = {}): ProgramOptions => ({
    home: join(directory, 'home'),
    environment: { PATH: `${join(directory, 'bin')}:/usr/bin:/bin`, HOME: directory },
    ...changes,
  });
  /** Only what the test puts on PATH, beside a shell's own needs. */
  const bare = { environment: { PATH: '' } };

  function write(name: string, text: string): string {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    return path;
  }
  const script = (name: string, ...commands: string[]) =>
    write(name, ['#!/bin/sh', 'PATH=/usr/bin:/bin', ...commands, ''].join('\n'));

  test('takes what a person chose, without a word', async () => {
    const chosen = script('mine/temporal', `echo '${GOOD_VERSION}'`);
    script('bin/temporal', `echo '${GOOD_VERSION}'`);
    expect(await findTemporalCli(options({ temporalCli: chosen }), progress)).toBe(chosen);
    expect(lines).toEqual([]);
  });

  test('judges a development build by its server', async () => {
    const chosen = script('mine/temporal', `echo 'temporal version 0.0.0-DEV (Server 1.31.2, UI 2.50.1)'`);
    expect(await findTemporalCli(options({ temporalCli: chosen }), progress)).toBe(chosen);
  });

  test.each([
    [
      'too old',
      `echo 'temporal version 1.4.1 (Server 1.28.0, UI 2.40)'`,
      /has server 1\.28\.0, and 1\.31\.0 or newer/,
    ],
    ['something else', 'echo hello', /says no server version \("hello"\)/],
    ['broken', 'echo "no such library" >&2; exit 127', /does not run: no such library/],
  ])('passes over what is %s, with the reason in one line, and takes PATH', async (_, command, reason) => {
    const chosen = script('mine/temporal', command);
    const onPath = script('bin/temporal', `echo '${GOOD_VERSION}'`);
    expect(await findTemporalCli(options({ temporalCli: chosen }), progress)).toBe(onPath);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^Temporal, SIGNALBOX_TEMPORAL_CLI: /);
    expect(lines[0]).toMatch(reason);
  });

  test('takes the first on PATH that is new enough', async () => {
    script('old/temporal', `echo 'temporal version 1.0 (Server 1.20.0)'`);
    const newer = script('new/temporal', `echo '${GOOD_VERSION}'`);
    const PATH = ['old', 'new'].map((name) => join(directory, name)).join(':');
    expect(await findTemporalCli(options({ environment: { PATH } }), progress)).toBe(newer);
  });

  test('that finds nothing says why at each place, and last what to install', async () => {
    const search = findTemporalCli(options({ ...bare, temporalCli: '/nowhere/temporal' }), progress);
    const error = await search.catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ code: 'STACK_PROGRAM_MISSING' });
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'Temporal, SIGNALBOX_TEMPORAL_CLI',
      'Temporal, PATH',
      'Temporal, cache',
      'Temporal, download',
      'Temporal, go build',
    ]);
    expect((error as Error).message.split('\n').at(-1)).toMatch(
      /^Install the Temporal CLI .* Go from .*TEMPORAL_ADDRESS/,
    );
    for (const line of lines) expect(line).not.toContain('\n');
  });

  test('builds with Go into the cache, once for all that race, and finds it there the next time', async () => {
    script(
      'bin/go',
      `echo "$@" >> '${directory}/builds'`,
      'while [ "$1" != -o ]; do shift; done',
      'sleep 0.5',
      `printf '#!/bin/sh\\necho "${GOOD_VERSION}"\\n' > "$2"; chmod 755 "$2"`,
    );
    const environment = { PATH: join(directory, 'bin'), HOME: directory };
    const searches = [1, 2, 3].map(() => findTemporalCli(options({ environment }), progress));
    const found = await Promise.all(searches);
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toBe(join(directory, 'home/cache/programs/temporal-1.8.2'));
    const builds = readFileSync(join(directory, 'builds'), 'utf8').trim().split('\n');
    expect(builds).toHaveLength(1);
    expect(builds[0]).toMatch(/^build .* github\.com\/temporalio\/cli\/cmd\/temporal$/);
    expect(lines.filter((line) => line.startsWith('another process is making'))).toHaveLength(2);
    lines = [];
    expect(await findTemporalCli(options(bare), progress)).toBe(found[0]);
    expect(lines).toEqual([]);
  });

  test('tells the last line of a build that fails, and leaves nothing in the cache', async () => {
    script('bin/go', 'echo "go: first"; echo "go: no network" >&2; exit 1');
    const environment = { PATH: join(directory, 'bin') };
    await expect(findTemporalCli(options({ environment }), progress)).rejects.toMatchObject({
      code: 'STACK_PROGRAM_MISSING',
      message: expect.stringContaining('go build: go: no network'),
    });
    expect(existsSync(join(directory, 'home/cache/programs/temporal-1.8.2'))).toBe(false);
  });

  test('ends a build at once when it is abandoned', async () => {
    script('bin/go', `echo $$ > '${directory}/pid'`, 'exec sleep 600');
    const abandon = new AbortController();
    const environment = { PATH: join(directory, 'bin') };
    const search = findTemporalCli(options({ environment }), progress, abandon.signal);
    await expect.poll(() => existsSync(join(directory, 'pid')), { timeout: 20_000 }).toBe(true);
    abandon.abort();
    await expect(search).rejects.toMatchObject({ name: 'AbortError' });
    const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('installs the test server with Maven, behind an executable that becomes the JVM', async () => {
    const java = script('bin/java', `echo "$@" >> '${directory}/java'`);
    const maven = [`echo "$@" >> '${directory}/maven'`, 'for last; do :; done', 'mkdir "${last#*=}"'];
    script('bin/mvn', ...maven);
    const environment = { PATH: join(directory, 'bin') };
    const found = await findTestServer(options({ environment }), progress);
    expect(found).toBe(join(directory, 'home/cache/programs/test-server-1.38.0/temporal-test-server'));
    expect(readFileSync(join(directory, 'maven'), 'utf8')).toMatch(
      /pom\.xml dependency:copy-dependencies -Doutput/,
    );
    expect(readFileSync(found, 'utf8')).toContain(`exec '${java}' `);
    expect(readFileSync(found, 'utf8')).toContain(' \'io.temporal.testserver.TestServer\' "$@"');
    expect(await findTestServer(options(bare), progress)).toBe(found);
  });

  test('for the test server that finds nothing says that Java and Maven would do', async () => {
    await expect(findTestServer(options(bare), progress)).rejects.toMatchObject({
      code: 'STACK_PROGRAM_MISSING',
      message: expect.stringMatching(/Maven: no java on PATH\nInstall a Java runtime and Maven/),
    });
  });
});
