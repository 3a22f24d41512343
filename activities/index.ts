import type { Activities } from '../src/contract/activities.js';
import type { Scripts } from '../src/ports/scripts.js';
import type { Shell } from '../src/ports/shell.js';
import { makeCloseRun, type CloseRunPorts } from './close-run.js';
import { makeFindEvidence } from './find-evidence.js';
import { makeFindSignal, type FindSignalPorts } from './find-signal.js';
import { insideRun } from './inside-run.js';
import { makeJoinChildren, type JoinChildrenPorts } from './join-children.js';
import { makeMakeWorktree, type MakeWorktreePorts } from './make-worktree.js';
import { makeKeepArtifact } from './keep-artifact.js';
import { makeOpenRun, type OpenRunPorts } from './open-run.js';
import { makePlanChildren, type PlanChildrenPorts } from './plan-children.js';
import { refuseTurn } from './refuse-turn.js';
import { makeRemoveEnvironment } from './remove-environment.js';
import { makeRunNode, type RunNodePorts } from './run-node.js';
import { makeStoreOutputs } from './store-outputs.js';
import { makeWriteMirror } from './write-mirror.js';

export type ActivityPorts = OpenRunPorts &
  RunNodePorts &
  FindSignalPorts &
  CloseRunPorts &
  MakeWorktreePorts &
  PlanChildrenPorts &
  JoinChildrenPorts & { readonly shell: Shell; readonly scripts: Scripts };

/** The activities of a host, over its ports. */
export function createActivities(ports: ActivityPorts): Activities {
  return {
    openRun: insideRun(makeOpenRun(ports)),
    runShell: insideRun(makeRunNode(ports, (task, signal) => ports.shell.run(task, signal))),
    runScript: insideRun(makeRunNode(ports, (task, signal) => ports.scripts.run(task, signal))),
    runTurn: insideRun(refuseTurn),
    writeMirror: insideRun(makeWriteMirror(ports)),
    closeRun: insideRun(makeCloseRun(ports)),
    makeWorktree: insideRun(makeMakeWorktree(ports)),
    findEvidence: insideRun(makeFindEvidence(ports)),
    findSignal: insideRun(makeFindSignal(ports)),
    keepArtifact: insideRun(makeKeepArtifact(ports.artifacts)),
    storeOutputs: insideRun(makeStoreOutputs(ports.outputs)),
    removeEnvironment: insideRun(makeRemoveEnvironment(ports.environment)),
    planChildren: insideRun(makePlanChildren(ports)),
    joinChildren: insideRun(makeJoinChildren(ports)),
  };
}
