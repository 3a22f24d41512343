import type { RunId } from '../core/ids.js';
import type { TextValue } from '../core/run/task.js';
import type { WriteMirrorInput } from './activities.js';

/** Workflow types, on the wire. */
export const WORKFLOW_TYPES = { run: 'run', mirror: 'mirror', queue: 'queue', ticket: 'ticket' } as const;

/** What a completed run returns. Failed and cancelled ones end as Temporal's failure and cancellation. */
export interface RunResult {
  readonly runId: RunId;
  readonly status: 'completed';
  readonly output: TextValue | null;
  /** The output is JSON by declaration, not by chance. Absent: it is a text. */
  readonly isStructured?: true;
}

/** Argument of `mirror`: writes that a closed run still owes, in order. */
export interface MirrorInput {
  readonly runId: RunId;
  readonly writes: readonly WriteMirrorInput[];
}
