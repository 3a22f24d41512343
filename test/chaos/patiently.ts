import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';

const PAUSE_MS = 50;

/** As `eventually`, for probes that cost their servers something. */
export function patiently<Result>(probe: () => Promise<Result>, deadlineMs: number): Promise<Result> {
  return eventually(async () => {
    try {
      return await probe();
    } catch (error) {
      await wait(PAUSE_MS);
      throw error;
    }
  }, deadlineMs);
}
