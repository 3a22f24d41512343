import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Progress } from '../../ports/stack.js';
import { acquireLock } from './life-lock.js';
import type { ProgramOptions } from './options.js';

export interface Installation {
  readonly options: ProgramOptions;
  readonly progress: Progress;
  readonly abandon: AbortSignal;
}

const POLL_MS = 200;

/**
 * Of several processes that need the same program, one makes it, and the others wait for it.
 * @param target what is there when it has been made, and only then
 */
export async function installOnce(
  target: string,
  by: Installation,
  make: () => Promise<void>,
): Promise<void> {
  const locks = join(dirname(target), `${basename(target)}.locks`);
  let hasTold = false;
  for (;;) {
    const lock = await acquireLock(locks);
    if (lock === null) {
      if (!hasTold) by.progress(`another process is making ${basename(target)}; waiting for it`);
      hasTold = true;
      await delay(POLL_MS, undefined, { signal: by.abandon });
      continue;
    }
    try {
      // Whoever waited finds it made; who did not wait came because what is there does not work.
      if (!hasTold || !existsSync(target)) await make();
      return;
    } finally {
      lock.release();
    }
  }
}
