import { callingExecution, insideRun } from '../../activities/inside-run.js';
import { makeFindSignal } from '../../activities/find-signal.js';
import { makeJoinChildren } from '../../activities/join-children.js';
import { makePlanChildren } from '../../activities/plan-children.js';
import { makeStoreOutputs } from '../../activities/store-outputs.js';
import { withHeartbeat } from '../../activities/with-heartbeat.js';
import type { Activities, OpenRunResult } from '../contract/activities.js';
import type { AttemptResult } from '../core/run/task.js';
import type { Books } from './books.js';
import type { LargeTexts } from './large-texts.js';
import { artifactOf, playAttempt, type PlayedTask } from './play-attempt.js';
import { playTurn } from './play-turn.js';

/** What the runs of a testbed have in common. */
export interface FakeHostParts {
  readonly texts: LargeTexts;
  readonly books: Books;
}

const ROOT = '/testbed';

/** The activities of a worker, without database, files and processes: nodes are played by their stubs. */
export function makeFakeHost({ texts, books }: FakeHostParts): Activities {
  const ports = {
    outputs: texts,
    outputTexts: texts,
    texts,
    // No run of a testbed is resumed.
    table: { children: () => Promise.resolve([]) },
  };
  const attempt = ({ task }: { readonly task: PlayedTask }): Promise<AttemptResult> =>
    withHeartbeat((signal) => playAttempt(task, { book: books.of(task.runId), texts }, signal));
  return {
    openRun: insideRun((input): Promise<OpenRunResult> => {
      const { request, row, events, fenceToken } = input;
      const book = books.opened(input);
      book.begin(callingExecution().temporalWorkflowId);
      book.write(row, events, []);
      return Promise.resolve({ ...opened(request.runId, request.baseBranch), fenceToken });
    }),
    runShell: insideRun(attempt),
    runScript: insideRun(attempt),
    runTurn: insideRun(({ task }) =>
      withHeartbeat((signal) => playTurn(task, { book: books.of(task.runId), texts }, signal)),
    ),
    writeMirror: insideRun(({ write }) => {
      books.keep(write);
      return Promise.resolve();
    }),
    closeRun: insideRun(({ terminal }) => {
      if (terminal !== null) books.keep(terminal.write);
      return Promise.resolve({ isMirrored: terminal !== null });
    }),
    keepArtifact: insideRun(({ runId, order, text }) => Promise.resolve(artifactOf(runId, order, text))),
    storeOutputs: insideRun(makeStoreOutputs(texts)),
    findEvidence: insideRun(({ artifactsDir }) => {
      const { leavesEvidence } = books.of(artifactsDir.slice(artifactsDir.lastIndexOf('/') + 1)).cast;
      return Promise.resolve({ isPresent: leavesEvidence, path: `${artifactsDir}/evidence.json` });
    }),
    findSignal: insideRun(makeFindSignal(ports)),
    planChildren: insideRun(makePlanChildren(ports)),
    joinChildren: insideRun(makeJoinChildren(ports)),
    makeWorktree: insideRun(({ task }) =>
      Promise.resolve({ isAdopted: false, branch: task.order.branch, warnings: [] }),
    ),
    removeEnvironment: insideRun(() => Promise.resolve()),
  };
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
