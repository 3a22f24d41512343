import type { OpenRunInput } from '../contract/activities.js';
import { RunError } from '../core/errors.js';
import type { MirrorWrite } from '../core/mirror/rows.js';
import type { RunBook } from './run-book.js';

/** The books of all runs of a testbed. */
export class Books {
  readonly #byRunId = new Map<string, RunBook>();

  add(book: RunBook): void {
    this.#byRunId.set(book.runId, book);
  }

  /** @throws RunError `RUN_NOT_FOUND` */
  of(runId: string): RunBook {
    const book = this.#byRunId.get(runId);
    if (book === undefined) throw new RunError('RUN_NOT_FOUND', `run ${runId} is not of this testbed`);
    return book;
  }

  /** A sub-run has a book of its own as soon as it opens. */
  opened({ request, workflowName }: OpenRunInput): RunBook {
    const { runId, parent, message, inputs } = request;
    if (parent === undefined || this.#byRunId.has(runId)) return this.of(runId);
    const { nodeId, index } = parent;
    const book = this.of(parent.runId).adopt(runId, workflowName, { nodeId, index, message, inputs });
    this.add(book);
    return book;
  }

  keep({ runId, row, events, results }: MirrorWrite): void {
    this.of(runId).write(row, events, results);
  }
}
