import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/core/duration.js';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['5s', 5_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1.5s', 1_500],
    [' 1s ', 1_000],
    ['0s', 0],
    ['', null],
    ['5', null],
    ['s', null],
    ['-5s', null],
    ['5 s', null],
    ['5S', null],
    ['5w', null],
    ['1e3s', null],
    ['.5s', null],
    [`${'9'.repeat(20)}d`, null],
    ['1s'.repeat(1_000), null],
  ])('%j is %s milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    [0, '0ms'],
    [-5, '0ms'],
    [999.6, '1.0s'],
    [850, '850ms'],
    [4_250, '4.2s'],
    [9_999, '9.9s'],
    [10_000, '10s'],
    [59_999, '59s'],
    [60_000, '1m00s'],
    [724_000, '12m04s'],
    [3_600_000, '1h00m'],
    [11_100_000, '3h05m'],
    [187_200_000, '2d04h'],
  ])('of %s milliseconds is shown as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('reads back as shown, to within its smallest unit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 86_400_000 * 1_000 }), (ms) => {
        const back = parseDuration(formatDuration(ms));
        expect(back).not.toBeNull();
        expect(Math.abs(back! - ms)).toBeLessThan(Math.max(1_000, ms / 10));
      }),
    );
  });
});
