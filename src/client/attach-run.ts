import { digestOfWork } from '../contract/run-start.js';
import type { StartRequest } from '../contract/start-request.js';
import { memoOf, type HolderFacts } from './holder.js';

/** Whether a holder does what was asked for: the same definition with the same message and inputs. */
export function isSameWork(holder: HolderFacts, request: StartRequest): boolean {
  return memoOf(holder).workDigest === digestOfWork(request);
}
