import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { keysIn } from '../src/core/definition/schema-words.js';
import { CONFIG_SHAPE } from '../src/core/project-config/config-schema.js';

const PAGE = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8');

/** Maps whose keys are a project's own names. */
const OPEN = ['tiers'];

/** Every key that a config may have, as a path; of maps with keys of the language those. */
function keysOfConfig(): readonly string[] {
  return keysIn(CONFIG_SHAPE).flatMap((key) => {
    const inner = OPEN.includes(key) ? [] : keysIn(CONFIG_SHAPE, [key]);
    return inner.length === 0 ? [key] : inner.map((one) => `${key}.${one}`);
  });
}

/** Every key of the table: `worktree.baseBranch` `path` are two of one map. */
function keysOfPage(): readonly string[] {
  const rows = PAGE.split('\n').filter((line) => line.startsWith('| `') && !line.includes('config.yaml'));
  return rows.flatMap((row) => {
    const names = [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    const map = /^(\w+)\./.exec(names[0]!)?.[1];
    return names.map((name) => (map === undefined || name.includes('.') ? name : `${map}.${name}`));
  });
}

it('the page has every key of a config, and no other', () => {
  expect([...keysOfPage()].sort()).toEqual([...keysOfConfig()].sort());
});
