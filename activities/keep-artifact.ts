import type { Activities } from '../src/contract/activities.js';
import type { Artifacts } from '../src/ports/artifacts.js';

/** Keeps the output of a node that ran no program as an artifact. */
export const makeKeepArtifact =
  (artifacts: Artifacts): Activities['keepArtifact'] =>
  ({ runId, artifactsDir, order, text }) =>
    artifacts.keep({ runId, artifactsDir }, order, text);
