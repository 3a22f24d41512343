import { insideRun } from '../../activities/inside-run.js';
import { withHeartbeat } from '../../activities/with-heartbeat.js';
import type { Activities, OpenRunResult } from '../contract/activities.js';
import type { MirrorWrite } from '../core/mirror/rows.js';
import type { AttemptResult } from '../core/run/task.js';
import type { LargeTexts } from './large-texts.js';
import { artifactOf, playAttempt, type PlayedTask } from './play-attempt.js';
import type { RunBook } from './run-book.js';

/** Who knows the runs of a testbed. */
export interface FakeHostParts {
  readonly texts: LargeTexts;
  /** @throws RunError `RUN_NOT_FOUND` */
  readonly bookOf: (runId: string) => RunBook;
}

const ROOT = '/testbed';

/** The activities of a worker, without database, files and processes: nodes are played by their stubs. */
export function makeFakeHost({ texts, bookOf }: FakeHostParts): Activities {
  const keep = ({ runId, row, events, results }: MirrorWrite): void => {
    bookOf(runId).write(row, events, results);
  };
  const attempt = ({ task }: { readonly task: PlayedTask }): Promise<AttemptResult> =>
    withHeartbeat((signal) => playAttempt(task, { book: bookOf(task.runId), texts }, signal));
  const played: Partial<Activities> = {
    openRun: insideRun(({ request, row, events, fenceToken }): Promise<OpenRunResult> => {
      bookOf(request.runId).write(row, events, []);
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
        ([id, output]) => [id, { ...output, text: texts.keep(texts.read(output.text)) }] as const,
      );
      return Promise.resolve(Object.fromEntries(stored));
    }),
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
