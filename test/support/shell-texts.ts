import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';

const QUOTES = ["'", '"', '\\', '`', '$', '!', '#', 'EOF'];
const BRACKETS = ['(', ')', '{', '}'];
const OPERATORS = [';', '&', '|', '>', '*', '=', 'x', ' ', '\n'];

/** Texts that a shell would love to take for code. @param more pieces that they may hold besides */
export function shellText(...more: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...QUOTES, ...BRACKETS, ...OPERATORS, ...more);
  return fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary-ascii' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
}

/** Runs a script as a bash node does, from a file in an empty folder, where it must leave nothing behind. */
export function runBashIn(folder: string, script: string): string {
  const file = join(folder, 'script');
  writeFileSync(file, script, { mode: 0o600 });
  const output = execFileSync('/bin/bash', [file], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(readdirSync(folder)).toEqual(['script']);
  return output;
}
