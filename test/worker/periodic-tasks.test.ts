import { describe, expect, it } from 'vitest';
import type { Logger } from '../../src/ports/logger.js';
import { runPeriodically, type Pause } from '../../worker/periodic-tasks.js';

/** Time that passes by pauses alone, and a log that is kept. */
function aStage(pauses: number) {
  const stopping = new AbortController();
  const paused: number[] = [];
  const warnings: unknown[] = [];
  const pause: Pause = (ms) => {
    paused.push(ms);
    if (paused.length >= pauses) stopping.abort();
    return Promise.resolve();
  };
  const silent = (): void => undefined;
  const logger: Logger = {
    info: silent,
    warn: (fields, message) => void warnings.push([message, fields['task']]),
    error: silent,
  };
  return { stopping, paused, warnings, options: { signal: stopping.signal, logger, pause } };
}

describe('a periodic task', () => {
  it('begins at once, and again when its pause is over, until the signal', async () => {
    const stage = aStage(3);
    let times = 0;
    const run = (): Promise<void> => Promise.resolve(void (times += 1));
    await runPeriodically([{ name: 'look', everyMs: 10_000, run }], stage.options);
    expect([times, stage.paused]).toEqual([3, [10_000, 10_000, 10_000]]);
  });

  it('goes on after it has thrown; the log says so once until it succeeds again', async () => {
    const stage = aStage(5);
    const results = [false, false, true, false, false];
    const run = (): Promise<void> =>
      results.shift() === true ? Promise.resolve() : Promise.reject(new Error('away'));
    await runPeriodically([{ name: 'look', everyMs: 1, run }], stage.options);
    expect(results).toEqual([]);
    expect(stage.warnings).toEqual([
      ['a periodic task failed', 'look'],
      ['a periodic task failed', 'look'],
    ]);
  });

  it('is not begun after the signal, and one that is under way is waited for', async () => {
    const stage = aStage(100);
    let isOver = false;
    const slow = async (signal: AbortSignal): Promise<void> => {
      stage.stopping.abort();
      await new Promise((resolve) => setImmediate(resolve));
      isOver = signal.aborted;
    };
    await runPeriodically([{ name: 'slow', everyMs: 1, run: slow }], stage.options);
    expect(isOver).toBe(true);
    let times = 0;
    const run = (): Promise<void> => Promise.resolve(void (times += 1));
    await runPeriodically([{ name: 'late', everyMs: 1, run }], stage.options);
    expect(times).toBe(0);
  });
});
