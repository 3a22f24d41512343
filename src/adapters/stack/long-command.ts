import { spawn } from 'node:child_process';
import type { Progress } from '../../ports/stack.js';
import type { Environment } from './options.js';

const TELL_EVERY_MS = 10_000;
const KEPT_CHARACTERS = 4000;

export interface LongCommand {
  /** What it does, as the beginning of a line: `building Temporal`. */
  readonly title: string;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: Environment;
  /** Checked every second; a text ends the command, and is why. */
  readonly watch?: () => string | null;
}

/**
 * Runs a command that may take minutes, with a sign of life every ten seconds. It has a group of its own, and the
 * whole group ends when it is abandoned.
 * @throws Error with the last line that it wrote
 */
export async function runLong(command: LongCommand, progress: Progress, abandon: AbortSignal): Promise<void> {
  abandon.throwIfAborted();
  const [program = '', ...args] = command.argv;
  const child = spawn(program, args, {
    cwd: command.directory,
    env: { ...command.environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-KEPT_CHARACTERS)));
  }
  const reasons: string[] = [];
  const kill = (reason: string) => {
    reasons.push(reason);
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const onAbandon = () => kill('it was abandoned');
  abandon.addEventListener('abort', onAbandon, { once: true });
  const timers = [
    every(TELL_EVERY_MS, tellElapsed(command.title, progress)),
    every(1000, () => stopIf(command, kill)),
  ];
  try {
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('close', resolve).once('error', reject),
    );
    abandon.throwIfAborted();
    if (code !== 0)
      throw new Error(reasons[0] ?? lastLine(said) ?? `${program} ended with exit code ${code}`);
  } finally {
    abandon.removeEventListener('abort', onAbandon);
    for (const timer of timers) clearInterval(timer);
  }
}

function stopIf(command: LongCommand, kill: (reason: string) => void): void {
  const reason = command.watch?.() ?? null;
  if (reason !== null) kill(reason);
}

function tellElapsed(title: string, progress: Progress): () => void {
  const beganAt = performance.now();
  return () => progress(`${title}: ${Math.round((performance.now() - beganAt) / 1000)} s so far`);
}

function every(ms: number, action: () => void): NodeJS.Timeout {
  return setInterval(action, ms);
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1) || undefined;
}
