import { describe, expect, it } from 'vitest';
import { makePermits } from '../../../src/adapters/process/permits.js';

const forever = new AbortController().signal;
const quiet = (): void => undefined;

/** Lets everything settle that can. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('permits', () => {
  it('are given at once while there are any, and nobody is said to wait', async () => {
    const permits = makePermits(2);
    const waits: string[] = [];
    await permits.acquire(forever, () => waits.push('a'));
    await permits.acquire(forever, () => waits.push('b'));
    expect(waits).toEqual([]);
  });

  it('are given in the order of arrival', async () => {
    const permits = makePermits(1);
    const order: string[] = [];
    const first = await permits.acquire(forever, quiet);
    const later = ['b', 'c', 'd'].map(async (name) => {
      const giveBack = await permits.acquire(forever, () => order.push(`${name} waits`));
      order.push(name);
      giveBack();
    });
    first();
    await Promise.all(later);
    expect(order).toEqual(['b waits', 'c waits', 'd waits', 'b', 'c', 'd']);
  });

  it('are never more than there are, whoever gives back twice', async () => {
    const permits = makePermits(2);
    let held = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const giveBack = await permits.acquire(new AbortController().signal, quiet);
        held += 1;
        most = Math.max(most, held);
        await turn();
        held -= 1;
        giveBack();
        giveBack();
      }),
    );
    expect(most).toBe(2);
  });

  it('are not waited for any longer by who was told to stop', async () => {
    const permits = makePermits(1);
    const giveBack = await permits.acquire(forever, quiet);
    const stop = new AbortController();
    const stopped = permits.acquire(stop.signal, quiet);
    const next = permits.acquire(forever, quiet);
    stop.abort(new Error('cancelled'));
    await expect(stopped).rejects.toThrow('cancelled');
    giveBack();
    (await next)();
    await permits.acquire(forever, () => expect.unreachable('there is one'));
  });

  it('are not given to who was told to stop before', async () => {
    const permits = makePermits(1);
    await expect(permits.acquire(AbortSignal.abort(new Error('late')), quiet)).rejects.toThrow('late');
    await permits.acquire(forever, () => expect.unreachable('there is one'));
  });
});
