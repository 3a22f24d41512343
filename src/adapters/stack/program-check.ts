import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { isExecutable } from './program-path.js';

/** The first server with everything that the tuned flags and the messages to workflows rely on. */
const LEAST_SERVER = [1, 31, 0] as const;

const ANSWERS_WITHIN_MS = 20_000;

/** The path itself, once the program has shown that it is new enough. @throws Error with the reason, in one line */
export async function checkTemporalCli(path: string, abandon: AbortSignal): Promise<string> {
  const said = await ask(path, ['--version'], abandon);
  const version = /Server (\d+)\.(\d+)\.(\d+)/.exec(said)?.slice(1).map(Number);
  if (version === undefined)
    throw new Error(`${path} says no server version ("${said.trim().slice(0, 80)}")`);
  if (isOlder(version, LEAST_SERVER)) {
    throw new Error(
      `${path} has server ${version.join('.')}, and ${LEAST_SERVER.join('.')} or newer is needed`,
    );
  }
  return path;
}

/** The path itself, once the program has run. Without a port the server only says how it is called. */
export async function checkTestServer(path: string, abandon: AbortSignal): Promise<string> {
  await ask(path, [], abandon);
  return path;
}

async function ask(path: string, args: readonly string[], abandon: AbortSignal): Promise<string> {
  if (!existsSync(path)) throw new Error(`no ${path}`);
  if (!isExecutable(path)) throw new Error(`${path} is not executable`);
  try {
    const options = { timeout: ANSWERS_WITHIN_MS, signal: abandon, killSignal: 'SIGKILL' } as const;
    const { stdout } = await promisify(execFile)(path, args, options);
    return stdout;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`${path} does not run: ${(stderr ?? '').trim().split('\n')[0] || message}`, {
      cause: error,
    });
  }
}

function isOlder(version: readonly number[], least: readonly number[]): boolean {
  for (const [index, needed] of least.entries()) {
    const part = version[index] ?? 0;
    if (part !== needed) return part < needed;
  }
  return false;
}
