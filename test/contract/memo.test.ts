import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeId, RunId } from '../../src/core/ids.js';
import { keywordTail, runTitle, SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/memo.js';

const bytes = (text: string): number => Buffer.byteLength(text);

describe('a keyword', () => {
  it.each([
    ['', ''],
    ['/home/me/repo', '/home/me/repo'],
    ['a'.repeat(255), 'a'.repeat(255)],
    [`b${'a'.repeat(255)}`, 'a'.repeat(255)],
    [`b${'é'.repeat(127)}`, `b${'é'.repeat(127)}`],
    [`bc${'é'.repeat(127)}`, `c${'é'.repeat(127)}`],
    ['€'.repeat(86), '€'.repeat(85)],
    ['😀'.repeat(64), '😀'.repeat(63)],
  ])('keeps the end of a text, in whole characters', (text, tail) => {
    expect(keywordTail(text)).toBe(tail);
  });

  it('has 255 bytes at most, and as much of the end as fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 0, maxLength: 600 }), (text) => {
        const tail = keywordTail(text);
        expect(text.endsWith(tail)).toBe(true);
        expect(bytes(tail)).toBeLessThanOrEqual(255);
        if (tail !== text) expect(bytes(tail)).toBeGreaterThan(255 - 4);
      }),
    );
  });
});

describe('the names', () => {
  it('are three search attributes at most, and a title of workflow and path', () => {
    expect(SEARCH_ATTRIBUTE_NAMES).toEqual(['SignalboxWorkflow', 'SignalboxPath', 'SignalboxStatus']);
    const run = { definition: { name: 'fix-issue' }, workingPath: '/home/me/repo' };
    expect(runTitle(run)).toBe('fix-issue · /home/me/repo');
    const parent = { runId: '7c1f2a9e-5d2b-4c1a-9f00-000000000001' as RunId, nodeId: 'each' as NodeId };
    expect(runTitle({ ...run, parent: { ...parent, index: 2 } })).toBe(
      'fix-issue · each[2] of 7c1f2a9e · /home/me/repo',
    );
    expect(runTitle({ ...run, parent: { ...parent, index: null } })).toBe(
      'fix-issue · each of 7c1f2a9e · /home/me/repo',
    );
  });
});
