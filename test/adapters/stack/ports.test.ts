import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { isFree, onFreePorts } from '../../../src/adapters/stack/ports.js';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function take(port: number): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen({ port, host: '127.0.0.1' });
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

test('a port that was kept is used again while it is free', async () => {
  const [kept = 0] = await onFreePorts([undefined], async (ports) => Promise.resolve([...ports]));
  expect(await onFreePorts([kept], async (ports) => Promise.resolve([...ports]))).toEqual([kept]);
});

test('a port that somebody listens on is passed over', async () => {
  const taken = await take(0);
  expect(await isFree(taken)).toBe(false);
  const [chosen] = await onFreePorts([taken], async (ports) => Promise.resolve([...ports]));
  expect(chosen).not.toBe(taken);
});

test('several ports are all different', async () => {
  const chosen = await onFreePorts(Array(8).fill(undefined), async (ports) => Promise.resolve([...ports]));
  expect(new Set(chosen).size).toBe(8);
});

test('a port that is taken between choice and use makes another be chosen', async () => {
  const tried: number[] = [];
  const port = await onFreePorts([undefined], async ([chosen = 0]) => {
    tried.push(chosen);
    if (tried.length < 3) {
      await take(chosen);
      throw new Error('address already in use');
    }
    return chosen;
  });
  expect(tried).toHaveLength(3);
  expect(port).toBe(tried[2]);
});

test('ports that are taken again and again end in a refusal', async () => {
  const attempt = onFreePorts([undefined], async ([chosen = 0]) => {
    await take(chosen);
    throw new Error('address already in use');
  });
  await expect(attempt).rejects.toMatchObject({ code: 'STACK_PORTS_TAKEN' });
});

test('a failure that is not about ports is not repeated', async () => {
  let tries = 0;
  const attempt = onFreePorts([undefined], () => {
    tries += 1;
    return Promise.reject(new Error('bad flag'));
  });
  await expect(attempt).rejects.toThrow('bad flag');
  expect(tries).toBe(1);
});
