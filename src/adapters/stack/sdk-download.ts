import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Progress } from '../../ports/stack.js';
import { runLong } from './long-command.js';

export interface SdkDownload {
  readonly program: 'temporal' | 'temporal-test-server';
  readonly directory: string;
}

/** A network that answers nothing is given up after this; one that delivers slowly is not. */
const SILENCE_MS = 20_000;

/**
 * Temporal's SDK downloads its servers by itself when a test environment is created; so one is created, in a process
 * of its own, which can be ended. What counts is the file that it leaves.
 */
const SCRIPT = `
const [library, create, downloadDir] = process.argv.slice(1);
const { TestWorkflowEnvironment } = require(library);
TestWorkflowEnvironment[create]({ server: { executable: { type: 'cached-download', downloadDir } } })
  .then((environment) => environment.teardown())
  .then(() => process.exit(0), (error) => { console.error(error.message); process.exit(1); });
`;

const CREATORS = { temporal: 'createLocal', 'temporal-test-server': 'createTimeSkipping' } as const;

/** @returns path of the program. @throws Error with the reason, in one line */
export async function downloadBySdk(
  download: SdkDownload,
  progress: Progress,
  abandon: AbortSignal,
): Promise<string> {
  const directory = join(download.directory, download.program);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const library = createRequire(import.meta.url).resolve('@temporalio/testing');
  const argv = [process.execPath, '-e', SCRIPT, library, CREATORS[download.program], directory];
  const command = {
    title: `downloading ${download.program}`,
    argv,
    directory: dirname(library),
    environment: {},
    watch: silence(directory),
  };
  try {
    await runLong(command, progress, abandon);
  } catch (error) {
    if (downloadedFile(directory) === null) throw error;
  }
  const file = downloadedFile(directory);
  if (file === null) throw new Error('the download left no file');
  return file;
}

function downloadedFile(directory: string): string | null {
  const name = readdirSync(directory).find((entry) => /-sdk-typescript-[\d.]+$/.test(entry));
  return name === undefined ? null : join(directory, name);
}

function silence(directory: string): () => string | null {
  let bytes = -1;
  let since = performance.now();
  return () => {
    const now = bytesIn(directory);
    if (now !== bytes) [bytes, since] = [now, performance.now()];
    return performance.now() - since < SILENCE_MS ? null : `nothing arrived for ${SILENCE_MS / 1000} s`;
  };
}

function bytesIn(directory: string): number {
  const sizes = readdirSync(directory).map(
    (name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
