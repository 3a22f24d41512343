import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostId, WorkingPath } from '../../../src/core/ids.js';
import { pathKey } from '../../../src/core/lease/path-key.js';

const key = (host: string, path: string): string => pathKey(host as HostId, path as WorkingPath);

describe('the key of a path', () => {
  it('is frozen', () => {
    expect(key('0123456789abcdef0123456789abcdef', '/home/me/repo')).toBe('68656deb43f8cbb6ed458b5101933cec');
  });

  it('is the first half of the SHA-256 that everybody else computes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (host, path) => {
        const digest = createHash('sha256').update(`${host}\0${path}`, 'utf8').digest('hex');
        expect(key(host, path)).toBe(digest.slice(0, 32));
      }),
    );
  });

  it('does not mix host and path up', () => {
    expect(key('a', 'bc')).not.toBe(key('ab', 'c'));
  });
});
