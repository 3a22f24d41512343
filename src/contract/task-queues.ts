import type { HostId } from '../core/ids.js';

/** Runs of one user on one machine: workflow tasks and activities both. */
export function hostTaskQueue(hostId: HostId, uid: number): string {
  return `signalbox.host.${hostId}.${uid}`;
}

/** What belongs to no machine. */
export const SHARED_TASK_QUEUE = 'signalbox';
