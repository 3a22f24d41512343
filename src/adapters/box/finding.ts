import type { FoundOwner } from '../../core/lease/judge-opening.js';
import type { OwnerRecord } from '../../core/lease/owner-record.js';
import type { Holder } from './occupants.js';
import { readBootId, type ProcessIdentity } from './proc.js';

/** Whom one look has found, and by what it can be ended. */
export interface Finding {
  readonly owner: FoundOwner;
  readonly level: number;
  /** Null: it died with an earlier boot. */
  readonly init: ProcessIdentity | null;
}

export function ofRecord(record: OwnerRecord): Finding {
  const { initPid, initStartTicks, bootId, closedAt, level } = record;
  const init = bootId === readBootId() ? { pid: initPid, startTicks: initStartTicks } : null;
  return { owner: { ...record, isClosed: closedAt !== null }, level, init };
}

export function ofHolder(holder: Holder | null): Finding | null {
  return holder && { owner: { ...holder.words, isClosed: false }, level: holder.words.level, init: holder };
}
