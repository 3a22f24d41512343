import { setTimeout as delay } from 'node:timers/promises';
import type { PartRecord } from './stack-state.js';
import { isAlive, signalProcess, type ProcessIdentity } from './process-identity.js';

/** How a process is asked to end: each signal in turn, with the time it is given. SIGKILL always follows. */
export type Ending = readonly { readonly signal: NodeJS.Signals; readonly waitMs: number }[];

export const ENDINGS: Readonly<Record<PartRecord['name'], Ending>> = {
  // It drains: running nodes end or are handed back, which takes longer than a node's own grace.
  worker: [{ signal: 'SIGTERM', waitMs: 30_000 }],
  temporal: [{ signal: 'SIGTERM', waitMs: 10_000 }],
  // Fast shutdown: clients are cut off, data is flushed. SIGTERM would wait for the clients.
  postgres: [
    { signal: 'SIGINT', waitMs: 10_000 },
    { signal: 'SIGQUIT', waitMs: 5_000 },
  ],
};

const POLL_MS = 15;
const KILL_WAIT_MS = 10_000;

/** Ends this very process and returns once it is gone. False: it outlived even SIGKILL (a kernel may hold it). */
export async function endProcess(identity: ProcessIdentity, ending: Ending): Promise<boolean> {
  for (const { signal, waitMs } of [...ending, { signal: 'SIGKILL', waitMs: KILL_WAIT_MS } as const]) {
    if (!signalProcess(identity, signal)) return true;
    if (await waitUntil(() => !isAlive(identity), waitMs)) return true;
  }
  return !isAlive(identity);
}

/** Looks again and again until it holds, or the time is up. */
export async function waitUntil(holds: () => boolean, forMs: number, everyMs = POLL_MS): Promise<boolean> {
  const deadline = performance.now() + forMs;
  while (!holds()) {
    if (performance.now() >= deadline) return false;
    await delay(everyMs);
  }
  return true;
}
