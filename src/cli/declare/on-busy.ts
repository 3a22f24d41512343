import type { OnBusy } from '../../client/orchestrator.js';
import { parseDuration } from '../../core/duration.js';
import { nearestName } from '../../core/nearest-name.js';
import { usageError } from '../render/failure.js';

const WAYS: readonly OnBusy[] = ['fail', 'wait', 'attach', 'replace'];

/** @throws RunError `USAGE` */
export function parseOnBusy(value: string): OnBusy {
  const way = WAYS.find((one) => one === value);
  if (way !== undefined) return way;
  const nearest = nearestName(value, WAYS);
  const hint = nearest === null ? '' : `; did you mean ${nearest}?`;
  throw usageError(`--on-busy ${value} is none of ${WAYS.join(', ')}${hint}`);
}

/** @returns milliseconds @throws RunError `USAGE` */
export function parseWait(value: string): number {
  const ms = parseDuration(value);
  if (ms !== null) return ms;
  throw usageError(`--wait-timeout ${value} is no duration; write it like 90s, 10m or 1h30m`);
}
