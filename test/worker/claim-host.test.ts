import { describe, expect, it } from 'vitest';
import { RunError } from '../../src/core/errors.js';
import type { HostClaim, ServingWorker } from '../../src/ports/host-registry.js';
import { claimHost, signsOfLife } from '../../worker/claim-host.js';
import { silentLogger } from '../support/silent-logger.js';

const worker: ServingWorker = {
  hostId: 'host',
  bootId: 'second',
  instance: 'b',
  uid: 1,
  temporalNamespaceId: 'n',
};
const ours: HostClaim = { isOurs: true };
const seen = (second: number): HostClaim => ({
  isOurs: false,
  otherBootId: 'first',
  otherSeenAt: `2026-11-22T09:00:0${second}.000Z`,
});

const lastWorker = { before: () => Promise.resolve('a'), note: () => Promise.resolve() };

/** A registry that answers so, one after the other. */
function answering(...claims: (HostClaim | RunError)[]) {
  let asked = 0;
  const registry = {
    claim: () => {
      const claim = claims[asked++] ?? claims.at(-1)!;
      return claim instanceof RunError ? Promise.reject(claim) : Promise.resolve(claim);
    },
  };
  const parts = { registry, worker, logger: silentLogger, lastWorker, pause: () => Promise.resolve() };
  return { parts, asked: () => asked };
}

const { signal } = new AbortController();

describe('a worker on a machine whose id another boot held', () => {
  it('waits until the other is long silent: it was this machine before its restart', async () => {
    const { parts, asked } = answering(seen(1), seen(1), seen(1), ours);
    await claimHost(parts, signal);
    expect(asked()).toBe(4);
  });

  it('refuses to poll when the other gives a sign of life: it is another machine', async () => {
    const { parts } = answering(seen(1), seen(1), seen(5));
    await expect(claimHost(parts, signal)).rejects.toMatchObject({
      code: 'HOST_ID_NOT_UNIQUE',
      details: { hostId: 'host', otherBootId: 'first' },
    });
  });

  it('refuses to poll beside another worker of this boot, and says how both can be had', async () => {
    const beside = (second: number): HostClaim => ({ ...seen(second), otherBootId: 'second' }) as HostClaim;
    const { parts } = answering(beside(1), beside(5));
    await expect(claimHost(parts, signal)).rejects.toMatchObject({
      code: 'HOST_ID_NOT_UNIQUE',
      message: expect.stringContaining(
        'start both with the same XDG_STATE_HOME, so that one stands by',
      ) as string,
    });
  });

  it('serves while nobody can be asked, and stops when it turns out later', async () => {
    const { parts } = answering(new RunError('DATABASE_UNREACHABLE', 'away'), seen(1));
    await claimHost(parts, signal);
    const lost: RunError[] = [];
    await signsOfLife(parts, (error) => void lost.push(error)).run(signal);
    expect(lost.map(({ code }) => code)).toEqual(['HOST_ID_NOT_UNIQUE']);
  });
});
