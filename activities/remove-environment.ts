import type { Activities } from '../src/contract/activities.js';
import type { EnvironmentStore } from '../src/ports/run-files.js';

/** Removes what a client left for a run that will not be. */
export const makeRemoveEnvironment =
  (environment: EnvironmentStore): Activities['removeEnvironment'] =>
  ({ runId }) =>
    environment.remove(runId);
