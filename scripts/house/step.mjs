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
 * @param options.show let it write to the terminal; otherwise its output is kept
 * @returns exit code (128 + n after signal n is told as 1) and output
 */
export function run(command, args, { show = false, env = process.env, cwd = ROOT } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = show ? 'inherit' : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env, stdio });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (cause) =>
      reject(new StepFailed(`${command} cannot be started: ${cause.message}`, null, { cause })),
    );
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }));
  });
}

/** As `run`, but anything except exit 0 fails the step, showing what the program wrote. */
export async function mustRun(command, args, { next = null, ...options } = {}) {
  const { exitCode, output } = await run(command, args, options);
  if (exitCode !== 0) throw new StepFailed(output.trim() || `${command} ended with ${exitCode}`, next);
  return output;
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
