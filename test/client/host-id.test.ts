import { describe, expect, it } from 'vitest';
import { readHostId } from '../../src/client/host-id.js';

describe('the identity of a host', () => {
  it('is the configured one when there is one', async () => {
    expect(await readHostId('build-7')).toBe('build-7');
  });

  it('is otherwise the id of the machine, the same at every reading', async () => {
    const hostId = await readHostId(null);
    expect(hostId).toMatch(/^[A-Za-z0-9-]{8,64}$/);
    expect(await readHostId(null)).toBe(hostId);
  });

  it.each(['', ' ', 'uninitialized', 'a b', '../x', 'x'.repeat(65), 'a\0b'])(
    '%j names no machine',
    async (id) => {
      await expect(readHostId(id)).rejects.toMatchObject({ code: 'HOST_ID_INVALID' });
    },
  );
});
