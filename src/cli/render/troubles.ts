import { troublesIn } from '../../core/reconcile/trouble.js';
import type { RunRecord } from '../../ports/run-table.js';
import { utc } from './text.js';

/** What hinders an open run, as far as its row and the silence of its host tell; for people. */
export function troublesOf({ hostSilentSince, hostId, metadata }: RunRecord): readonly string[] {
  const silence =
    hostSilentSince === null
      ? []
      : [
          `no worker has been heard of on its host ${hostId ?? ''} since ${utc(hostSilentSince)}; it goes on when one is back (signalbox worker)`,
        ];
  // Signs of life are newer than what was marked because of them.
  const marked = troublesIn(metadata).filter(({ kind }) => kind !== 'host_silent');
  return [...silence, ...marked.map(({ text }) => text)];
}
