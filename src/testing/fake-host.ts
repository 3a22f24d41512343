import { callingExecution, insideRun } from '../../activities/inside-run.js';
import { makeFindSignal } from '../../activities/find-signal.js';
import { makeJoinChildren } from '../../activities/join-children.js';
import { makePlanChildren } from '../../activities/plan-children.js';
import { withHeartbeat } from '../../activities/with-heartbeat.js';
import type { Activities, OpenRunInput, OpenRunResult } from '../contract/activities.js';
import { RunError } from '../core/errors.js';
import type { MirrorWrite } from '../core/mirror/rows.js';
import type { AttemptResult } from '../core/run/task.js';
import type { LargeTexts } from './large-texts.js';
import { artifactOf, playAttempt, type PlayedTask } from './play-attempt.js';
import type { RunBook } from './run-book.js';

/** Who knows the runs of a testbed. */
export interface FakeHostParts {
  readonly texts: LargeTexts;
  /** By run id. */
  readonly books: Map<string, RunBook>;
}

const ROOT = '/testbed';

/** The activities of a worker, without database, files and processes: nodes are played by their stubs. */
export function makeFakeHost({ texts, books }: FakeHostParts): Activities {
  const bookOf = (runId: string): RunBook => {
    const book = books.get(runId);
    if (book === undefined) throw new RunError('RUN_NOT_FOUND', `run ${runId} is not of this testbed`);
    return book;
  };
  /** A sub-run has a book of its own as soon as it opens. */
  const openBook = ({ request, workflowName }: OpenRunInput): RunBook => {
    const { runId, parent, message, inputs } = request;
    const known = books.get(runId);
    if (known !== undefined || parent === undefined) return bookOf(runId);
    const { nodeId, index } = parent;
    const book = bookOf(parent.runId).adopt(runId, workflowName, { nodeId, index, message, inputs });
    books.set(runId, book);
    return book;
  };
  const keep = ({ runId, row, events, results }: MirrorWrite): void => {
    bookOf(runId).write(row, events, results);
  };
  const ports = {
    outputs: texts,
    outputTexts: texts,
    texts,
    // No run of a testbed is resumed.
    table: { children: () => Promise.resolve([]) },
  };
  const attempt = ({ task }: { readonly task: PlayedTask }): Promise<AttemptResult> =>
    withHeartbeat((signal) => playAttempt(task, { book: bookOf(task.runId), texts }, signal));
  const played: Partial<Activities> = {
    openRun: insideRun((input): Promise<OpenRunResult> => {
      const { request, row, events, fenceToken } = input;
      const book = openBook(input);
      book.begin(callingExecution().temporalWorkflowId);
      book.write(row, events, []);
      return Promise.resolve({ ...opened(request.runId, request.baseBranch), fenceToken });
    }),
    runShell: insideRun(attempt),
    runScript: insideRun(attempt),
    writeMirror: insideRun(({ write }) => {
      keep(write);
      return Promise.resolve();
    }),
    closeRun: insideRun(({ terminal }) => {
      if (terminal !== null) keep(terminal.write);
      return Promise.resolve({ isMirrored: terminal !== null });
    }),
    keepArtifact: insideRun(({ runId, order, text }) => Promise.resolve(artifactOf(runId, order, text))),
    storeOutputs: insideRun(({ outputs }) => {
      const stored = Object.entries(outputs).map(
        ([id, output]) => [id, { ...output, text: texts.keep(texts.textOf(output.text)) }] as const,
      );
      return Promise.resolve(Object.fromEntries(stored));
    }),
    findSignal: insideRun(makeFindSignal(ports)),
    planChildren: insideRun(makePlanChildren(ports)),
    joinChildren: insideRun(makeJoinChildren(ports)),
    makeWorktree: insideRun(({ task }) =>
      Promise.resolve({ isAdopted: false, branch: task.order.branch, warnings: [] }),
    ),
    removeEnvironment: insideRun(() => Promise.resolve()),
  };
  return played as Activities;
}

function opened(runId: string, baseBranch: string | null): Omit<OpenRunResult, 'fenceToken'> {
  return {
    epoch: '1',
    outputRoot: ROOT,
    artifactsDir: `${ROOT}/artifacts/runs/${runId}`,
    stateDir: `${ROOT}/state`,
    logDir: `${ROOT}/logs`,
    baseBranch: baseBranch ?? 'main',
    refusal: null,
    kept: [],
  };
}
