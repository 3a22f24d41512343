import type { RunId } from '../ids.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { isTerminal } from '../mirror/rows.js';
import type { TextValue } from '../run/task.js';
import type { ChildPlan, FormerChild } from './subruns.js';

/** A sub-run as the run table knows it. */
export interface ChildRecord {
  readonly runId: RunId;
  /** Null: of a single sub-run. */
  readonly index: number | null;
  readonly hash: string;
  readonly status: string;
  /** Its newest. */
  readonly epoch: string;
  /** Null: its row is gone. */
  readonly metadata: JsonObject | null;
}

/**
 * The plans of a slice with what earlier generations have left of the same items: position and digest tell. Of
 * several records of one item the last counts.
 * @param from index of the first plan
 */
export function withFormer(
  plans: readonly Omit<ChildPlan, 'former'>[],
  from: number,
  records: readonly ChildRecord[],
): readonly ChildPlan[] {
  const last = new Map(records.map((record) => [`${record.index ?? 0}/${record.hash}`, record]));
  return plans.map((plan, offset) => {
    const record = last.get(`${from + offset}/${plan.hash}`);
    return { ...plan, former: record === undefined ? null : formerOf(record) };
  });
}

/** One whose row is gone gave out nobody knows what: it is started anew. */
function formerOf({ runId, status, epoch, metadata }: ChildRecord): FormerChild | null {
  if (metadata === null) return null;
  if (status === 'completed') return { kind: 'completed', runId, ...resultIn(metadata) };
  const { error } = metadata;
  const told = typeof error === 'string' && isTerminal(status) ? error : null;
  return { kind: 'ended', runId, epoch, error: told };
}

function resultIn(metadata: JsonObject): {
  readonly output: TextValue | null;
  readonly isStructured: boolean;
} {
  const { summary, summary_value: value, signalbox } = metadata;
  if (typeof summary !== 'string') return { output: null, isStructured: false };
  const file = isJsonObject(signalbox) ? signalbox['resultFile'] : null;
  if (!isJsonObject(file)) {
    return { output: { kind: 'inline', text: summary }, isStructured: value !== undefined && value !== null };
  }
  const { path, bytes, sha256, isStructured } = file;
  const output = { kind: 'file', path, bytes, sha256, excerpt: summary } as TextValue;
  return { output, isStructured: isStructured === true };
}
