import type { Activities } from '../src/contract/activities.js';
import { makeCloseRun, type CloseRunPorts } from './close-run.js';
import { insideRun } from './inside-run.js';
import { makeOpenRun, type OpenRunPorts } from './open-run.js';
import { makeRemoveEnvironment } from './remove-environment.js';
import { makeRunShell, type RunShellPorts } from './run-shell.js';
import { makeStoreOutputs } from './store-outputs.js';
import { makeWriteMirror } from './write-mirror.js';

export type ActivityPorts = OpenRunPorts & RunShellPorts & CloseRunPorts;

/** The activities of a host, over its ports. */
export function createActivities(ports: ActivityPorts): Activities {
  return {
    openRun: insideRun(makeOpenRun(ports)),
    runShell: insideRun(makeRunShell(ports)),
    writeMirror: insideRun(makeWriteMirror(ports)),
    closeRun: insideRun(makeCloseRun(ports)),
    storeOutputs: insideRun(makeStoreOutputs(ports.outputs)),
    removeEnvironment: insideRun(makeRemoveEnvironment(ports.environment)),
  };
}
