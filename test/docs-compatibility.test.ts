import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ISSUE_CODES } from '../src/core/definition/issue.js';
import { jsonSchema } from '../src/core/definition/yaml-schema.js';
import { ERROR_CODES } from '../src/core/errors.js';
import { keysOfSchema } from './core/definition/schema-keys.js';

const page = readFileSync(new URL('../docs/compatibility.md', import.meta.url), 'utf8');

/** The cells of the table under a heading. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const begin = page.indexOf(`\n## ${heading}\n`);
  expect(begin, `there is a section ${heading}`).toBeGreaterThanOrEqual(0);
  const end = page.indexOf('\n## ', begin + 1);
  const lines = page.slice(begin, end < 0 ? undefined : end).split('\n');
  const table = lines.filter((line) => line.startsWith('|')).slice(2);
  return table.map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

const keysOf = (heading: string): readonly string[] => rowsOf(heading).map(([key = '']) => key.slice(1, -1));

const schemaKeys = keysOfSchema(jsonSchema()).map(([key]) => key);
/** Keys that the page has because they are refused, so that no schema offers them. */
const REFUSED_KEYS = ['container', 'steps'];

describe('docs/compatibility.md', () => {
  it('has every key of a workflow once, and those that are refused', () => {
    const known = schemaKeys.filter((key) => key.startsWith('.')).map((key) => key.slice(1));
    expect([...keysOf('Keys of a workflow')].sort()).toEqual([...known, ...REFUSED_KEYS].sort());
  });

  it('has every key of a node once', () => {
    const known = schemaKeys
      .filter((key) => key.startsWith('node:'))
      .map((key) => key.slice('node:.'.length));
    expect([...keysOf('Keys of a node')].sort()).toEqual([...known].sort());
  });

  const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
  it.each(headings)('%s: every row says same, better with how, or refused with why', (heading) => {
    const rows = rowsOf(heading);
    expect(rows.length).toBeGreaterThan(0);
    for (const [what = '', archon = '', verdict = '', how = '', ...more] of rows) {
      expect(more, what).toEqual([]);
      expect(archon, what).not.toBe('');
      expect(['same', 'better', '**refused**'], what).toContain(verdict);
      if (verdict !== 'same') expect(how, what).not.toBe('');
    }
  });

  it('names only codes that there are', () => {
    const named = [...page.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code = '']) => code);
    const known = new Set([...Object.keys(ISSUE_CODES), ...Object.keys(ERROR_CODES), 'INPUTS_NAME']);
    expect(named.filter((code) => !known.has(code))).toEqual([]);
  });
});
