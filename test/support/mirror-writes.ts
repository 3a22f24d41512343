import { randomUUID } from 'node:crypto';
import type { RunId, WorkingPath } from '../../src/core/ids.js';
import {
  type EventRow,
  type MirrorWrite,
  OWNERSHIP_MARK,
  type RunIdentityRow,
  type RunProgressRow,
} from '../../src/core/mirror/rows.js';
import type { FirstWrite } from '../../src/ports/run-table.js';

export const aRunId = (): RunId => randomUUID() as RunId;

/** The time of the nth second of a run. */
export const atSecond = (second: number): string =>
  new Date(Date.UTC(2026, 10, 22, 9, 0, second)).toISOString();

export function anIdentity(over: Partial<RunIdentityRow> = {}): RunIdentityRow {
  const runId = over.runId ?? aRunId();
  return {
    runId,
    workflowName: 'fix-issue',
    userMessage: 'fix the login page',
    workingPath: `/home/me/${runId}` as WorkingPath,
    outputRoot: `/home/me/.signalbox/runs/${runId}`,
    startedAt: atSecond(0),
    startedBy: 'me@laptop',
    inputs: { issue: '7' },
    temporalWorkflowId: `run.${runId}`,
    temporalNamespace: 'default',
    hostId: '0123456789abcdef0123456789abcdef',
    uid: 1000,
    ...over,
  };
}

export function aRow(over: Partial<RunProgressRow> = {}): RunProgressRow {
  const metadata = { workflow_source: OWNERSHIP_MARK };
  return { status: 'running', metadata, completedAt: null, lastActivityAt: atSecond(0), ...over };
}

export function anEvent(seq: number, over: Partial<EventRow> = {}): EventRow {
  return {
    seq,
    eventType: 'node_started',
    nodeName: 'build',
    data: { type: 'bash' },
    createdAt: atSecond(seq),
    ...over,
  };
}

export function aFirstWrite(over: Partial<FirstWrite> = {}): FirstWrite {
  return {
    identity: anIdentity(),
    row: aRow(),
    events: [
      anEvent(1, { eventType: 'workflow_started', nodeName: null, data: { workflowName: 'fix-issue' } }),
    ],
    fenceToken: randomUUID(),
    temporalRunId: randomUUID(),
    isFirstExecution: true,
    resumedEpoch: null,
    ...over,
  };
}

/** A write that ends with event `seq`: one event, unless told. */
export function aWrite(
  runId: RunId,
  epoch: string,
  seq: number,
  over: Partial<MirrorWrite> = {},
): MirrorWrite {
  return {
    runId,
    epoch,
    seq,
    row: aRow({ lastActivityAt: atSecond(seq) }),
    events: [anEvent(seq)],
    results: [],
    ...over,
  };
}

export const yes = (): Promise<boolean> => Promise.resolve(true);
export const no = (): Promise<boolean> => Promise.resolve(false);
