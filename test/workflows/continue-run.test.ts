import { describe, expect, it } from 'vitest';
import { pressureOf } from '../../workflows/continue-run.js';

const MIB = 1024 * 1024;

describe('the pressure of a history', () => {
  it.each([
    [0, 0, false, 'none'],
    [4_096, 4 * MIB, false, 'none'],
    [4_096, 4 * MIB, true, 'suggested'],
    [19_999, 20 * MIB - 1, true, 'suggested'],
    [20_000, 0, false, 'full'],
    [20_000, 0, true, 'full'],
    [0, 20 * MIB, false, 'full'],
  ] as const)('of %i events and %i bytes, suggested %s, is %s', (length, size, isSuggested, pressure) => {
    const history = { historyLength: length, historySize: size, continueAsNewSuggested: isSuggested };
    expect(pressureOf(history)).toBe(pressure);
  });
});
