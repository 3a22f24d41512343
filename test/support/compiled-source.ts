import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const ROOMS = ['src/core', 'src/ports', 'src/adapters/box', 'src/adapters/process', 'src/adapters/files'];

/**
 * The host side of the source tree as JavaScript, for tests that need a process of their own: another user,
 * another environment. Types are not checked here.
 * @returns a directory that everybody may read, with `src` in it
 */
export function compileHostSide(): string {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-compiled-'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  for (const room of ROOMS) {
    for (const name of readdirSync(room, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const target = join(directory, room, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
      const source = readFileSync(join(room, name), 'utf8');
      writeFileSync(target, ts.transpileModule(source, { compilerOptions }).outputText);
    }
  }
  chmodSync(directory, 0o755);
  return directory;
}
