import type { Activities, RunOwner } from '../src/contract/activities.js';
import type { Box, BoxOwner } from '../src/ports/box.js';
import type { Shell } from '../src/ports/shell.js';
import { withHeartbeat } from './with-heartbeat.js';

export interface RunShellPorts {
  readonly box: Box;
  readonly shell: Shell;
  /** Which Temporal the runs of this worker live in. */
  readonly temporal: Pick<BoxOwner, 'temporalAddress' | 'temporalNamespaceId'>;
}

/** One attempt of a bash node, in the run's box. */
export const makeRunShell =
  ({ box, shell, temporal }: RunShellPorts): Activities['runShell'] =>
  ({ owner, task }) =>
    withHeartbeat(async (signal) => {
      await box.ensureOpen(boxOwner(owner, temporal));
      return shell.run(task, signal);
    });

const boxOwner = (owner: RunOwner, temporal: RunShellPorts['temporal']): BoxOwner => ({
  ...owner,
  ...temporal,
});
