import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { RunError } from '../../core/errors.js';

/** Below the range from which systems take ports for outgoing connections: a port kept here stays ours. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const CANDIDATES = 200;
const ROUNDS = 5;

/** Whether a server could listen on this loopback port now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Starts something on loopback ports: on those it had before as far as they are free, else on fresh ones.
 * Somebody may take a port between choice and use; then the start fails, the port is seen taken, and others are
 * chosen, a bounded number of times.
 * @throws RunError `STACK_PORTS_TAKEN`; or what `start` threw, when its ports are still free
 */
export async function onFreePorts<T>(
  preferred: readonly (number | undefined)[],
  start: (ports: readonly number[]) => Promise<T>,
): Promise<T> {
  let wanted = preferred;
  for (let round = 1; ; round += 1) {
    const ports = await choosePorts(wanted);
    try {
      return await start(ports);
    } catch (error) {
      if (await allFree(ports)) throw error;
      if (round === ROUNDS) throw portsTaken(error);
      wanted = preferred.map(() => undefined);
    }
  }
}

async function choosePorts(preferred: readonly (number | undefined)[]): Promise<number[]> {
  const chosen: number[] = [];
  for (const port of preferred) {
    const keeps = port !== undefined && !chosen.includes(port) && (await isFree(port));
    chosen.push(keeps ? port : await freshPort(chosen));
  }
  return chosen;
}

async function freshPort(not: readonly number[]): Promise<number> {
  for (let tries = 0; tries < CANDIDATES; tries += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (!not.includes(port) && (await isFree(port))) return port;
  }
  throw portsTaken(null);
}

async function allFree(ports: readonly number[]): Promise<boolean> {
  const free = await Promise.all(ports.map(isFree));
  return free.every(Boolean);
}

function portsTaken(cause: unknown): RunError {
  return new RunError(
    'STACK_PORTS_TAKEN',
    `Other programs kept taking the loopback ports that the local stack chose between ${LOWEST} and ${HIGHEST}. Try again, or end what listens there (ss -ltn).`,
    {},
    { cause },
  );
}
