import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../adapters/stack/package-root.js';
import { ERROR_CODES } from '../core/errors.js';
import { renderError } from './render/failure.js';
import { runCli } from './run-cli.js';
import { flushed, makeSink } from './wiring/terminal.js';

/**
 * One command, from the words of a shell to the end of the process. What a command does not need is not loaded:
 * help and lists never meet Temporal or a database.
 */
export async function main(argv: readonly string[]): Promise<never> {
  const out = makeSink(process.stdout);
  const err = makeSink(process.stderr);
  const version = ownVersion();
  const exitCode = await runCli(argv, {
    version,
    out,
    err,
    makeContext: async (isJson) =>
      (await import('./wiring/context.js')).makeContext({ out, err, version, isJson }),
  });
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  if (out.failure !== null) {
    err.write(`${renderError('INTERNAL', `standard output cannot be written (${out.failure.message})`)}\n`);
  }
  // Connections that are still open are nobody's any more: the command has its answer.
  process.exit(out.failure === null ? exitCode : ERROR_CODES.INTERNAL.exitCode);
}

function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
