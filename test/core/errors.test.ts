import { describe, expect, it } from 'vitest';
import { ERROR_CODES, isErrorCode, RunError } from '../../src/core/errors.js';

describe('the table of codes', () => {
  it('is sorted, so that two people who add a line meet', () => {
    const codes = Object.keys(ERROR_CODES);
    expect(codes).toEqual([...codes].sort());
  });

  it('gives every code an exit code of the command line', () => {
    for (const { exitCode } of Object.values(ERROR_CODES))
      expect([1, 64, 65, 69, 75, 130]).toContain(exitCode);
  });

  it('knows its codes, and nothing that every object has', () => {
    expect(isErrorCode('LEASE_HELD')).toBe(true);
    for (const text of ['', 'lease_held', 'constructor', 'toString', '__proto__'])
      expect(isErrorCode(text)).toBe(false);
  });
});

describe('an error', () => {
  it('carries code, sentence, details and cause', () => {
    const cause = new Error('refused');
    const error = new RunError('LEASE_HELD', '/home/me/repo is in use', { runId: 'a' }, { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'RunError', code: 'LEASE_HELD', details: { runId: 'a' }, cause });
    expect(new RunError('USAGE', 'no').details).toEqual({});
  });
});
