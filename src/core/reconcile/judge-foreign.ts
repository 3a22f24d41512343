import { isJsonObject, type JsonObject } from '../json.js';

/** A row of an open run that Archon's own tools have changed. */
export interface ForeignChange {
  /** Of the row. */
  readonly status: string;
  /** The gate that the run's last write showed as open; null: none. */
  readonly openGate: string | null;
  /** `metadata.approval` of the row. */
  readonly approval: JsonObject | null;
  /** Data of the gate's newest `approval_received` since it was opened; null: there is none. */
  readonly received: JsonObject | null;
  /** Data of the gate's newest `node_completed` since it was opened; null: there is none. */
  readonly completed: JsonObject | null;
}

/** What a change of Archon's tools means to the run. */
export type ForeignWord =
  | {
      readonly kind: 'decide';
      readonly nodeId: string;
      readonly decision: string;
      readonly text: string | null;
    }
  | { readonly kind: 'cancel'; readonly reason: string };

/** How Archon records its own two decisions; others it records by their names. */
const NAMES: Readonly<Record<string, string>> = { approved: 'approve', rejected: 'reject' };

/**
 * What somebody told the run with Archon's tools; null: nothing that it has not heard. A decision is marked as
 * resolved in the row, but for a reject that ends the run: that cancels the row, as an abandon does, and only
 * its event tells it apart. Where Archon kept the decision as it was made (`structured_output`), that counts.
 */
export function judgeForeign(change: ForeignChange): ForeignWord | null {
  const { status, openGate, approval, received } = change;
  const isResolved =
    openGate !== null && approval?.['nodeId'] === openGate && textIn(approval, 'resolved') !== null;
  const isRejected = openGate !== null && status === 'cancelled' && received?.['decision'] === 'rejected';
  if (isResolved || isRejected) return { kind: 'decide', nodeId: openGate, ...decisionOf(change) };
  if (status === 'cancelled') return { kind: 'cancel', reason: "cancelled with Archon's tools" };
  return null;
}

function decisionOf({ approval, received, completed }: ForeignChange): {
  readonly decision: string;
  readonly text: string | null;
} {
  const structured = isJsonObject(completed?.['structured_output']) ? completed['structured_output'] : null;
  const exact = textIn(structured, 'decision');
  if (exact !== null) return { decision: exact, text: textIn(structured, 'text') };
  const recorded = textIn(received, 'decision') ?? textIn(approval, 'resolved') ?? '';
  const text = textIn(received, 'comment') ?? textIn(received, 'reason');
  return { decision: NAMES[recorded] ?? recorded, text };
}

function textIn(object: JsonObject | null, key: string): string | null {
  const value = object?.[key];
  return typeof value === 'string' ? value : null;
}
