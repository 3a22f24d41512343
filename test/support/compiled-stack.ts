import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');
const ROOMS = ['src/core', 'src/ports', 'src/adapters/stack'];

/**
 * The local stack as JavaScript, with our packages and tools beside it, for tests whose supervisors and clients are
 * processes of their own. Types are not checked here.
 * @returns a directory that everybody may read, with `src` in it; it goes with this process
 */
export function compileStack(): string {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-stack-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  for (const name of ['node_modules', 'tools']) symlinkSync(join(ROOT, name), join(directory, name));
  for (const file of ROOMS.flatMap(sourceFiles)) {
    const target = join(directory, file.replace(/\.ts$/, '.js'));
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
    const { outputText } = ts.transpileModule(readFileSync(join(ROOT, file), 'utf8'), { compilerOptions });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
  return directory;
}

function sourceFiles(room: string): string[] {
  const names = readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(room, name));
}
