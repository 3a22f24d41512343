import { join } from 'node:path';
import { RunError } from '../../core/errors.js';
import type { Progress } from '../../ports/stack.js';
import { buildTemporalCli, temporalCliVersion } from './go-build.js';
import { installTestServer, testServerVersion } from './maven-install.js';
import type { ProgramOptions } from './options.js';
import { checkTemporalCli, checkTestServer } from './program-check.js';
import { executablesOnPath } from './program-path.js';
import { downloadBySdk } from './sdk-download.js';

/** One place where a program may come from. `find` answers its path, or throws why not. */
interface Source {
  readonly name: string;
  readonly find: () => Promise<string>;
  /** A person named it, and is told at once when it is no good. */
  readonly isChosen?: true;
  /** It takes long enough that the person who waits is told why it came to that. */
  readonly isSlow?: true;
}

const never = new AbortController().signal;

/**
 * The Temporal command line, whose `server start-dev` is the embedded Temporal: what a person chose, PATH, our cache,
 * the SDK's own download, a build with Go; the first that works. Each that does not is told in one line.
 * @returns absolute path
 * @throws RunError `STACK_PROGRAM_MISSING`, with what to install
 */
export async function findTemporalCli(
  options: ProgramOptions,
  progress: Progress,
  abandon: AbortSignal = never,
): Promise<string> {
  const cached = join(programCache(options), `temporal-${temporalCliVersion()}`);
  const downloads = join(programCache(options), 'downloads');
  const check = (path: string) => checkTemporalCli(path, abandon);
  return firstThatWorks('Temporal', { progress, abandon, advice: TEMPORAL_ADVICE }, [
    ...given('SIGNALBOX_TEMPORAL_CLI', options.temporalCli, check),
    { name: 'PATH', find: () => firstOnPath('temporal', options, check) },
    { name: 'cache', find: () => check(cached) },
    {
      name: 'download',
      isSlow: true,
      find: async () =>
        check(await downloadBySdk({ program: 'temporal', directory: downloads }, progress, abandon)),
    },
    {
      name: 'go build',
      isSlow: true,
      find: async () => check(await buildTemporalCli(cached, { options, progress, abandon })),
    },
  ]);
}

/**
 * The time-skipping test server: what a person chose, PATH, our cache, the SDK's own download, Maven.
 * @returns absolute path of an executable that takes a port as its first argument
 * @throws RunError `STACK_PROGRAM_MISSING`, with what to install
 */
export async function findTestServer(
  options: ProgramOptions,
  progress: Progress,
  abandon: AbortSignal = never,
): Promise<string> {
  const directory = join(programCache(options), `test-server-${testServerVersion()}`);
  const downloads = join(programCache(options), 'downloads');
  const check = (path: string) => checkTestServer(path, abandon);
  return firstThatWorks('The time-skipping test server', { progress, abandon, advice: TEST_SERVER_ADVICE }, [
    ...given('SIGNALBOX_TEST_SERVER', options.testServer, check),
    { name: 'PATH', find: () => firstOnPath('temporal-test-server', options, check) },
    { name: 'cache', find: () => check(join(directory, 'temporal-test-server')) },
    {
      name: 'download',
      isSlow: true,
      find: async () =>
        check(
          await downloadBySdk({ program: 'temporal-test-server', directory: downloads }, progress, abandon),
        ),
    },
    {
      name: 'Maven',
      isSlow: true,
      find: async () => check(await installTestServer(directory, { options, progress, abandon })),
    },
  ]);
}

const TEMPORAL_ADVICE =
  'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH, or Go from https://go.dev/dl so that it can be built, or set TEMPORAL_ADDRESS to a Temporal that runs already.';
const TEST_SERVER_ADVICE =
  'Install a Java runtime and Maven (Debian: apt-get install default-jre-headless maven), or set SIGNALBOX_TEST_SERVER to a temporal-test-server.';

interface Search {
  readonly progress: Progress;
  readonly abandon: AbortSignal;
  readonly advice: string;
}

async function firstThatWorks(title: string, search: Search, sources: readonly Source[]): Promise<string> {
  const reasons: string[] = [];
  const untold: string[] = [];
  const tell = () => untold.splice(0).forEach((reason) => search.progress(`${title}, ${reason}`));
  for (const source of sources) {
    if (source.isSlow) tell();
    try {
      return await source.find();
    } catch (error) {
      search.abandon.throwIfAborted();
      const reason = `${source.name}: ${inOneLine(error)}`;
      reasons.push(reason);
      untold.push(reason);
      if (source.isChosen) tell();
    }
  }
  tell();
  const lines = [`${title} was not found.`, ...reasons.map((reason) => `  ${reason}`), search.advice];
  throw new RunError('STACK_PROGRAM_MISSING', lines.join('\n'), { reasons });
}

/** Errors that wrap each other repeat themselves, clause by clause. */
function inOneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return [...new Set(text.replaceAll(/\s+/g, ' ').trim().split(': '))].join(': ');
}

function given(name: string, path: string | undefined, check: (path: string) => Promise<string>): Source[] {
  return path === undefined || path === '' ? [] : [{ name, find: () => check(path), isChosen: true }];
}

async function firstOnPath(
  program: string,
  options: ProgramOptions,
  check: (path: string) => Promise<string>,
): Promise<string> {
  const found = executablesOnPath(program, options.environment);
  if (found.length === 0) throw new Error(`no ${program} there`);
  let reason: unknown;
  for (const path of found) {
    try {
      return await check(path);
    } catch (error) {
      reason ??= error;
    }
  }
  throw reason;
}

function programCache(options: ProgramOptions): string {
  return join(options.home, 'cache', 'programs');
}
