import type { HostId, PathKey, RunId, WorkingPath } from '../ids.js';
import { isView } from './is-view.js';
import { pathKey } from './path-key.js';

/**
 * Under what the owner record of a run's box lies: its path's, or, since any number of runs that hold no path may
 * be open on one, its own.
 */
export function boxKey(
  temporalWorkflowId: string,
  place: { readonly hostId: HostId; readonly workingPath: WorkingPath; readonly runId: RunId },
): PathKey {
  if (isView(temporalWorkflowId)) return place.runId.replaceAll('-', '') as PathKey;
  return pathKey(place.hostId, place.workingPath);
}
