import type { RunId } from '../ids.js';
import type { RunState } from '../run/run-state.js';
import type { NodeOutput } from '../run/task.js';
import type { ChildEnd } from '../subrun/subruns.js';

/** How a sub-run ended; null: it has not. */
export function endOf({ outcome }: RunState): ChildEnd | null {
  switch (outcome?.status) {
    case undefined:
      return null;
    case 'completed': {
      const { result } = outcome;
      const isStructured = result?.isStructured === true;
      return { status: 'completed', runId: 'dry-run' as RunId, output: result?.text ?? null, isStructured };
    }
    case 'failed':
      return { status: 'failed', runId: null, failure: outcome.failure };
    case 'cancelled': {
      const message = outcome.cancellation.reason ?? 'nobody said why';
      return { status: 'cancelled', runId: null, failure: { code: 'RUN_CANCELLED', message } };
    }
  }
}

/** Why a run failed, or was cancelled; null: it did not, or nobody said. */
export function reasonOf({ outcome }: RunState): string | null {
  if (outcome?.status === 'failed') return outcome.failure.message;
  return outcome?.status === 'cancelled' ? outcome.cancellation.reason : null;
}

/** What of an output is at hand. */
export function textOf({ text }: NodeOutput): string {
  return text.kind === 'inline' ? text.text : text.excerpt;
}
