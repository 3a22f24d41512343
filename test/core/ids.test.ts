import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isRunId, isUuid, shortRunId } from '../../src/core/ids.js';

describe('a run id', () => {
  it('is any UUID in lower case', () => {
    for (let count = 0; count < 100; count += 1) expect(isRunId(randomUUID())).toBe(true);
    expect(isUuid('00000000-0000-0000-0000-000000000000')).toBe(true);
  });

  const uuid = '7c1f2a9e-30c4-4f4a-9d0e-0b6f2f9c8a11';
  it.each([
    '',
    uuid.toUpperCase(),
    ` ${uuid}`,
    `${uuid}\n`,
    `{${uuid}}`,
    uuid.replaceAll('-', ''),
    uuid.slice(1),
    `${uuid}0`,
    uuid.replace('7', 'g'),
  ])('is not %j', (text) => {
    expect(isRunId(text)).toBe(false);
  });

  it('is shown by its first eight characters', () => {
    expect(shortRunId(uuid)).toBe('7c1f2a9e');
  });
});
