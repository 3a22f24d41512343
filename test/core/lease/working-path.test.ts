import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunError } from '../../../src/core/errors.js';
import { asWorkingPath } from '../../../src/core/lease/working-path.js';

describe('a working path', () => {
  it.each(['/', '/a', '/home/me/repo', '/a/...', '/a/.git', '/a b/ü', '/a\nb', '/a\\b'])('is %j', (path) => {
    expect(asWorkingPath(path)).toBe(path);
  });

  it.each([
    '',
    'a',
    './a',
    '../a',
    '/a/',
    '//',
    '//a',
    '/a//b',
    '/a/./b',
    '/a/..',
    '/..',
    '/a\0b',
    'C:\\a',
    '~/a',
  ])('is not %j', (path) => {
    expect(() => asWorkingPath(path)).toThrow(
      expect.objectContaining({
        code: 'PATH_NOT_ABSOLUTE',
        message: expect.stringContaining(JSON.stringify(path)) as string,
      }) as Error,
    );
  });

  it('is any list of names, and nothing else', () => {
    const name = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((text) => !/[/\0]/.test(text) && !/^\.\.?$/.test(text));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        expect(asWorkingPath(`/${names.join('/')}`)).toBe(`/${names.join('/')}`);
        expect(() => asWorkingPath(names.join('/'))).toThrow(RunError);
      }),
    );
  });
});
