import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import {
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import { fromFailure, rootMessage } from '../src/contract/failure.js';
import { MESSAGES, type CancelMessage } from '../src/contract/messages.js';
import type { StartRequest } from '../src/contract/start-request.js';
import type { NodeFailure } from '../src/core/run/task.js';
import type { ChildEnd } from '../src/core/subrun/subruns.js';
import { isInherited } from './own-history.js';
import { isApart, startWhenFree, type Run } from './start-child.js';

/** A sub-run that its parent has begun. */
export class ConductedChild {
  /** It was begun by the execution before a reset: of its end Temporal may never tell. */
  readonly isInherited = isInherited();
  isDisowned = false;
  readonly #request: StartRequest;
  readonly #lost: Promise<ChildEnd>;
  #lose!: () => void;
  /** Until it is started: what it waits for then can be cut off. */
  readonly #waiting = new CancellationScope();
  #handle: ChildWorkflowHandle<Run> | null = null;
  #why: CancelMessage | null = null;

  constructor(request: StartRequest) {
    this.#request = request;
    const failure = { code: 'NODE_INTERRUPTED', message: 'its end got lost in a reset' } as const;
    this.#lost = new Promise((resolve) => {
      this.#lose = () => {
        resolve({ status: 'failed', runId: request.runId, failure });
      };
    });
  }

  /** Runs it to its end. */
  async run(): Promise<ChildEnd> {
    try {
      this.#handle = await this.#waiting.run(() => startWhenFree(this.#request));
      this.tell();
      const end = this.resultOf(this.#handle);
      return await (this.isInherited ? Promise.race([this.#lost, end]) : end);
    } catch (error) {
      return endOf(this.#request, error);
    }
  }

  /** Tells it who wants it to end, and why; it does so in its one way. What it was told first counts. */
  cancel(why: CancelMessage): void {
    if (this.#why !== null) return;
    this.#why = why;
    this.#waiting.cancel();
    this.tell();
  }

  /** Ends one that is inherited; its result counts if it is there already. */
  disown(why: CancelMessage): void {
    this.isDisowned = true;
    this.#why ??= why;
    this.#waiting.cancel();
    this.tell();
  }

  private async resultOf(handle: ChildWorkflowHandle<Run>): Promise<ChildEnd> {
    const { output, isStructured = false } = await handle.result();
    return { status: 'completed', runId: this.#request.runId, output, isStructured };
  }

  /** By a signal: Temporal's own cancellation has no words. */
  private tell(): void {
    if (this.#why === null || this.#handle === null) return;
    this.toldTo(this.#handle)
      .signal(MESSAGES.cancelSignal, this.#why)
      .catch(() => {
        // It has ended by itself.
        if (this.isDisowned) this.#lose();
      });
  }

  /** One that was begun before a reset does not count as a child to Temporal, when it comes to signals. */
  private toldTo(handle: ChildWorkflowHandle<Run>): Pick<ChildWorkflowHandle<Run>, 'signal'> {
    if (!this.isDisowned) return handle;
    return getExternalWorkflowHandle(handle.workflowId, handle.firstExecutionRunId);
  }
}

function endOf(request: StartRequest, error: unknown): ChildEnd {
  const { runId, workingPath } = request;
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  const cancelled = cancellationIn(cause);
  if (cancelled !== null) {
    return { status: 'cancelled', runId, failure: { code: 'RUN_CANCELLED', message: cancelled } };
  }
  if (cause instanceof WorkflowExecutionAlreadyStartedError) {
    return { status: 'failed', runId: null, failure: heldBy(cause, isApart(request) ? workingPath : null) };
  }
  const ours = fromFailure(error);
  const failure = { code: ours?.code ?? 'RUN_FAILED', message: ours?.message ?? rootMessage(error) } as const;
  return { status: 'failed', runId, failure };
}

/** What is said of a sub-run that was ended from outside; null: it was not. */
function cancellationIn(cause: unknown): string | null {
  if (cause instanceof TerminatedFailure)
    return 'it was terminated in Temporal; resume the run to let it go on';
  if (!(cause instanceof CancelledFailure) && !isCancellation(cause)) return null;
  return cause instanceof Error && cause.message !== '' ? cause.message : 'it was cancelled';
}

/** @param path the worktree that somebody holds; null: the sub-run of an earlier generation is still open */
function heldBy({ workflowId }: WorkflowExecutionAlreadyStartedError, path: string | null): NodeFailure {
  if (path === null) {
    const message = `the one that was started before does not end: ${workflowId}. Terminate it in Temporal, then resume the run`;
    return { code: 'NODE_FAILED', message };
  }
  const message = `its worktree ${path} is in use. See by whom with signalbox locks list; once it is free, resume the run`;
  return { code: 'PATH_IN_USE', message };
}
