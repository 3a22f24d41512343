import type {
  LivingProcess,
  PathBox,
  PathExecution,
  PathFacts,
  PathRow,
} from '../../src/core/locks/path-facts.js';

export const LOCK_RUN = '7c1f2a9e-5d2b-4c1a-9f00-000000000001';
export const LOCK_OTHER_RUN = 'aaaaaaaa-5d2b-4c1a-9f00-000000000002';
export const LOCK_PATH = '/home/me/repo';
export const LOCK_ID = 'run.68656deb43f8cbb6ed458b5101933cec.me-repo';

export const aProcess = (pid: number, command = 'sleep 600'): LivingProcess => ({ pid, user: 'me', command });

export function anExecution(facts: Partial<PathExecution> = {}): PathExecution {
  const whole = { runId: LOCK_RUN, temporalRunId: 'e1', isOpen: true, statusName: 'RUNNING', troubles: [] };
  return { ...whole, ...facts };
}

export function aLockRow(facts: Partial<PathRow> = {}): PathRow {
  return {
    ...{ runId: LOCK_RUN, workflow: 'fix-issue', status: 'running', isOwn: true },
    startedAt: '2026-11-22T09:02:11.000Z',
    ...facts,
  };
}

export function aLockBox(facts: Partial<PathBox> = {}): PathBox {
  return {
    ...{ runId: LOCK_RUN, isOfThisTemporal: true, temporalAddress: '127.0.0.1:7233', workingPath: LOCK_PATH },
    isUnderOtherName: false,
    ...{
      level: 1,
      since: '2026-11-22T09:02:12.000Z',
      init: aProcess(100, 'bash'),
      processes: [aProcess(101)],
    },
    ...facts,
  };
}

/** A run at work on this machine: all layers agree. */
export function lockFacts(facts: Partial<PathFacts> = {}): PathFacts {
  return {
    ...{ temporalWorkflowId: LOCK_ID, workingPath: LOCK_PATH, hostId: 'host', uid: 1000, place: 'here' },
    worker: { isHeard: true, lastSeen: '2026-11-22T09:14:10.000Z' },
    execution: anExecution(),
    rows: [aLockRow()],
    boxes: [aLockBox()],
    strays: [],
    ...facts,
  };
}

export const SILENT_WORKER = { isHeard: false, lastSeen: '2026-11-22T08:00:00.000Z' };
