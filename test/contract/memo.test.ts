import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
    expect(runTitle('fix-issue', '/home/me/repo')).toBe('fix-issue · /home/me/repo');
  });
});
