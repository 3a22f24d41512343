import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FIRST_NODE_WITHIN_MS } from './checkers/judge.js';
import { INVARIANTS } from './evidence.js';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/guarantees.md'), 'utf8');

const [text = '', legend = ''] = page.split('\n## Tests\n');
const tests = [...legend.matchAll(/^- `(\w+)` (\S+) › (.+)$/gm)].map(
  ([, ref = '', file = '', title = '']) => ({
    ref,
    file,
    title,
  }),
);

/** Cells of the tables, without headings and without the column that names the row. */
const cells = text
  .split('\n')
  .filter(
    (line) => line.startsWith('|') && !/^\|[\s|-]+\|$/.test(line) && !/\| a person reads +\|$/.test(line),
  )
  .flatMap((line) => line.split('|').slice(2, -1))
  .map((cell) => cell.trim());

const refsIn = (passage: string): string[] =>
  [...passage.matchAll(/\[(\w+)\](?!\()/g)].map(([, ref]) => ref!);

describe('docs/guarantees.md', () => {
  it('names a test in every cell', () => {
    expect(cells.length).toBeGreaterThan(80);
    expect(cells.filter((cell) => refsIn(cell).length === 0)).toEqual([]);
  });

  it('names tests that it lists, and lists none that it does not name', () => {
    const listed = tests.map(({ ref }) => ref).sort();
    expect([...new Set(refsIn(text))].sort()).toEqual(listed);
  });

  it.each(tests)('$ref: there is a test of that title', ({ file, title }) => {
    const source = readFileSync(join(ROOT, file), 'utf8');
    expect(["'", '`', '"'].some((quote) => source.includes(`${quote}${title}`))).toBe(true);
  });

  it('has the invariants and the bound of the checkers', () => {
    expect([...text.matchAll(/^- (I\d):/gm)].map(([, name]) => name)).toEqual([...INVARIANTS]);
    expect(text).toContain(`begins its first node within ${FIRST_NODE_WITHIN_MS / 1000} s`);
  });
});
