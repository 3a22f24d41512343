import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PROGRESS_EVERY_MS = 10_000;

/** A step that did not work out. `next` is what the reader should type. */
export class StepFailed extends Error {
  name = 'StepFailed';
  constructor(message, next = null, options = {}) {
    super(message, options);
    this.next = next;
  }
}

const seconds = (sinceMs) => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;

/**
 * Runs one step of a script and tells that it goes on while it is long.
 * @param work told a function that notes what it is busy with; shown in the progress lines
 */
export async function step(title, work) {
  const began = Date.now();
  let doing = '';
  const timer = setInterval(() => {
    console.log(`  … ${title}, ${Math.round((Date.now() - began) / 1000)} s${doing && `: ${doing}`}`);
  }, PROGRESS_EVERY_MS);
  try {
    const result = await work((note) => {
      doing = note;
    });
    console.log(`✔ ${title} (${seconds(began)})`);
    return result;
  } catch (error) {
    console.log(`✖ ${title} (${seconds(began)})`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Runs a program in the repository.
 * @param options.show let it write to standard output; otherwise its output is kept
 * @param options.onLine told the last line of each piece of output
 * @returns exit code (1 for a program that a signal ended), all output, and standard output alone
 */
export function run(command, args, { show = false, onLine = () => {}, env = process.env, cwd = ROOT } = {}) {
  return new Promise((resolve, reject) => {
    // One stream for both of a shown program's: its words stay in their order.
    const stdio = show ? ['inherit', 'inherit', process.stdout] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env, stdio });
    const texts = { output: '', stdout: '' };
    const collect =
      (...names) =>
      (text) => {
        for (const name of names) texts[name] += text;
        onLine(text.trim().split('\n').at(-1));
      };
    child.stdout?.setEncoding('utf8').on('data', collect('output', 'stdout'));
    child.stderr?.setEncoding('utf8').on('data', collect('output'));
    child.on('error', (cause) =>
      reject(new StepFailed(`${command} cannot be started: ${cause.message}`, null, { cause })),
    );
    child.on('close', (code) => resolve({ exitCode: code ?? 1, ...texts }));
  });
}

/** As `run`, but anything except exit 0 fails the step, showing what the program wrote. */
export async function mustRun(command, args, { next = null, ...options } = {}) {
  const { exitCode, output, stdout } = await run(command, args, options);
  if (exitCode !== 0) throw new StepFailed(output.trim() || `${command} ended with ${exitCode}`, next);
  return stdout;
}

/** A program of an installed package, run by this Node. */
export function tool(path, args, options) {
  return mustRun(process.execPath, [`node_modules/${path}`, ...args], options);
}

/** Runs the body of a script; its failures become a message and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    tellFailure(error);
    process.exitCode = 1;
  }
}

export function tellFailure(error) {
  console.log(`\n${error.message}`);
  if (error.next !== null) console.log(`\nNext: ${error.next}`);
}
