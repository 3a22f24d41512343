import { RunError } from '../../core/errors.js';
import type { BoxOwner, ProcessInfo } from '../../ports/box.js';
import type { LeasedLevel } from './init-process.js';
import type { Finding } from './finding.js';
import { describeProcess, readProcess } from './proc.js';

export function fenced({ temporalWorkflowId }: BoxOwner, temporalRunId: string): RunError {
  return new RunError(
    'FENCED',
    `execution ${temporalRunId} is not the current one of ${temporalWorkflowId} any more, so it may start nothing; look at the run in Temporal`,
  );
}

export function temporalSilent({ workingPath, temporalAddress }: BoxOwner): RunError {
  return new RunError(
    'TEMPORAL_UNREACHABLE',
    `Temporal at ${temporalAddress} does not say who may work in ${workingPath}, so nothing is started there; see that it runs, then try again`,
    { address: temporalAddress },
  );
}

export function leaseHeld({ workingPath }: BoxOwner, finding: Finding | null): RunError {
  if (finding === null) {
    return new RunError(
      'LEASE_HELD',
      `${workingPath} is locked by a process that does not say for whom; find it (lslocks, fuser), end it or wait for it, then try again`,
    );
  }
  const { runId, temporalWorkflowId, temporalNamespaceId } = finding.owner;
  const entry = finding.init === null ? null : readProcess(finding.init.pid);
  const info = entry && describeProcess(entry);
  const who = info === null ? '' : `, process ${info.pid} of user ${info.user}`;
  return new RunError(
    'LEASE_HELD',
    `${workingPath} is in use by run ${runId} (${temporalWorkflowId} in Temporal namespace ${temporalNamespaceId}${who}); wait for it, or end it with the signalbox that started it`,
    { holder: { runId, temporalWorkflowId, temporalNamespaceId } },
  );
}

export function stillOccupied({ workingPath }: BoxOwner, processes: readonly ProcessInfo[]): RunError {
  const names = processes.map(({ pid, user, command }) => `${pid} (${user}) ${command}`).join('; ');
  return new RunError(
    'PATH_STILL_OCCUPIED',
    `processes of an earlier run still live in ${workingPath}: ${names === '' ? 'they cannot be named' : names}. End them by hand, then try again`,
    { processes },
  );
}

export function boxFailed(level: LeasedLevel, reason: string): RunError {
  return new RunError(
    'CONTAINMENT_TOO_WEAK',
    `no box of level ${level} can be opened here any more (${reason}); see signalbox doctor, then start the worker again`,
    { level },
  );
}

export function unlockable(path: string, reason: string): RunError {
  return new RunError(
    'NODE_UNSTARTABLE',
    `${path} cannot be locked (${reason}); put the state directory on a local file system`,
    { path },
  );
}

export function interrupted(runId: string): RunError {
  return new RunError(
    'NODE_INTERRUPTED',
    `the box of run ${runId} was ended from outside, and all processes of the run with it; resume the run`,
  );
}
