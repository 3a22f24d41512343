import { describe, expect, it } from 'vitest';
import { definitionOf, summaryOf, withNodes } from './compile.js';

describe('maps that are merged', () => {
  const MERGED = `name: w
description: d
nodes:
  - &base {id: a, bash: x, timeout: 5, retry: &r {max_attempts: 3}}
  - {<<: *base, id: b, timeout: 6}
  - {<<: [{id: c, timeout: 7}, *base], depends_on: [b]}
  - {id: d, bash: y, retry: {<<: *r, delay_ms: 2000}}
`;

  it('have their own keys first, and then those of the earlier source', () => {
    expect(summaryOf(MERGED)).toEqual([]);
    expect(definitionOf(MERGED).nodes).toMatchObject([
      { id: 'a', timeoutMs: 5, retry: { maxAttempts: 3, delayMs: 3_000 } },
      { id: 'b', script: { text: 'x' }, timeoutMs: 6, retry: { maxAttempts: 3 } },
      { id: 'c', script: { text: 'x' }, timeoutMs: 7, dependsOn: [1] },
      { id: 'd', script: { text: 'y' }, retry: { maxAttempts: 3, delayMs: 2_000 } },
    ]);
  });

  it('have issues where the wrong key stands', () => {
    expect(summaryOf(MERGED.replace('timeout: 7', 'timeout: -7'))).toEqual(['6:28 VALUE_INVALID!']);
    expect(summaryOf(MERGED.replace('max_attempts: 3', 'max_attempts: 3, foo: 1'))).toEqual(
      Array.from({ length: 4 }, () => '4:68 KEY_UNKNOWN'),
    );
  });

  it.each([
    ['a text', '{id: a, bash: x, <<: y}', '4:26 YAML_INVALID!'],
    ['a list of texts', '{id: a, bash: x, <<: [y]}', '4:27 YAML_INVALID!'],
    ['nothing', '{id: a, bash: x, <<: *y}', '4:26 YAML_INVALID!'],
    ['itself', '&a {id: a, bash: x, <<: *a}', '4:29 ALIASES_TOO_LARGE!'],
    ['two, one after the other', '{id: a, bash: x, <<: {}, <<: {}}', '4:30 DUPLICATE_KEY!'],
  ])('are refused with %s', (_, node, problem) => {
    expect(summaryOf(withNodes(`  - ${node}\n`))).toEqual([problem]);
  });
});

it('maps that are merged again and again are refused in time', () => {
  const levels = Array.from({ length: 40 }, (_, level) =>
    level === 0
      ? `l0: &l0 {${Array.from({ length: 1_000 }, (_key, index) => `k${index}: v`).join(', ')}}`
      : `l${level}: &l${level} {<<: [${`*l${level - 1}, `.repeat(10)}]}`,
  );
  const startedAt = performance.now();
  expect(summaryOf(levels.join('\n'))).toContainEqual(expect.stringContaining('ALIASES_TOO_LARGE!'));
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
