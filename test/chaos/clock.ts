import { readFileSync } from 'node:fs';

/** Milliseconds of CLOCK_MONOTONIC, as every witness reads it. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What brings other clocks of this machine to ours, in milliseconds to add. */
export interface ClockOffsets {
  /** `/proc/uptime`, which bash reads. */
  readonly uptime: number;
  /** Wall time, which servers write down. */
  readonly wall: number;
}

const READ_FOR_MS = 25;

export function readOffsets(): ClockOffsets {
  // Uptime is cut to hundredths: of many readings the one just after it moved on is the true one.
  let uptime = Infinity;
  const until = monotonic() + READ_FOR_MS;
  while (monotonic() < until) {
    const read = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
    uptime = Math.min(uptime, monotonic() - read);
  }
  return { uptime, wall: monotonic() - Date.now() };
}
