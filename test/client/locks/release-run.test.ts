import { describe, expect, it } from 'vitest';
import type { PathLocksPorts } from '../../../src/client/locks/path-locks.js';
import { releaseRun, type ReleaseRequest } from '../../../src/client/locks/release-run.js';
import type { HostId, RunId } from '../../../src/core/ids.js';
import type { MirrorWrite } from '../../../src/core/mirror/rows.js';
import type { Box, BoxOwner } from '../../../src/ports/box.js';
import type { ExecutionDetails } from '../../../src/ports/executions.js';
import type { OpenRun } from '../../../src/ports/open-runs.js';
import type { SeenBox } from '../../../src/ports/path-locks.js';
import {
  aProcess,
  LOCK_ID,
  LOCK_OTHER_RUN,
  LOCK_PATH,
  LOCK_RUN,
  lockFacts,
} from '../../support/lock-shapes.js';

const NAMESPACE = 'namespace';
const OWNER: BoxOwner = {
  ...{ runId: LOCK_RUN, workingPath: LOCK_PATH, pathKey: 'key', temporalWorkflowId: LOCK_ID },
  ...{ temporalAddress: 'here', temporalNamespaceId: NAMESPACE, fenceToken: 'e1' },
};
const OPEN_RUN: OpenRun = {
  ...{ runId: LOCK_RUN as RunId, temporalWorkflowId: LOCK_ID, fenceToken: 'e1', temporalRunId: 'e1' },
  ...{ revision: '1/1', metadata: {} },
};
const REQUEST: ReleaseRequest = { runId: LOCK_RUN, by: 'me@laptop', reason: 'stuck', isProvable: true };
const SEEN: SeenBox = {
  ...{ runId: LOCK_RUN, temporalWorkflowId: LOCK_ID, temporalNamespaceId: NAMESPACE, lockedPlace: '1:2' },
  ...{ level: 1, record: null, init: aProcess(100), processes: [aProcess(101)] },
};

function details(facts: Partial<ExecutionDetails>): ExecutionDetails {
  return {
    ...{
      temporalWorkflowId: LOCK_ID,
      temporalRunId: 'e1',
      runId: LOCK_RUN,
      isOpen: true,
      statusName: 'RUNNING',
    },
    ...{ isPaused: false, workflowTaskAttempt: 0, openActivities: [] },
    ...facts,
  };
}

/** A world in which things happen in the order in which they are written down. */
function aWorld(over: { current?: ExecutionDetails; isStubborn?: boolean; isResumed?: boolean } = {}) {
  const done: string[] = [];
  const writes: MirrorWrite[] = [];
  let current = over.current ?? details({});
  let boxes = [SEEN];
  const box: Partial<Box> = {
    list: () => Promise.resolve([OWNER, { ...OWNER, runId: LOCK_OTHER_RUN }]),
    evict: ({ runId }) => {
      done.push(`evict ${runId}`);
      if (over.isStubborn !== true) boxes = [];
      return Promise.resolve();
    },
    close: () => {
      done.push('close');
      return Promise.resolve('closed');
    },
    prove: () => {
      done.push('prove');
      return Promise.resolve({ isEmpty: true, processes: [] });
    },
  };
  const ports: PathLocksPorts = {
    ...{ hostId: 'host' as HostId, uid: 0, temporalNamespaceId: NAMESPACE },
    box: () => Promise.resolve(box as Box),
    sight: {
      look: () => Promise.resolve({ boxes, strays: new Map() }),
      placeOf: () => null,
      endUnrecorded: () => {
        done.push('end unrecorded');
        return Promise.resolve();
      },
    },
    rows: {
      open: () => Promise.resolve([]),
      of: () => Promise.resolve([]),
      workers: () => Promise.resolve([]),
    },
    watch: {
      inspect: (id) => Promise.resolve(id === LOCK_ID ? current : null),
      endOf: () => Promise.resolve({ by: null, reason: null, successorRunId: null }),
      openOn: () => Promise.resolve([]),
    },
    terminator: {
      terminate: ({ temporalRunId }, reason) => {
        done.push(`terminate ${temporalRunId}: ${reason}`);
        const again = details({ temporalRunId: `${temporalRunId}+` });
        current = over.isResumed === true ? again : details({ isOpen: false, statusName: 'TERMINATED' });
        return Promise.resolve();
      },
    },
    openRuns: { nextEpoch: () => Promise.resolve('2'), find: () => Promise.resolve(OPEN_RUN) },
    table: {
      write: (write) => {
        done.push(`row ${write.row.status}`);
        writes.push(write);
        return Promise.resolve();
      },
    },
    clock: { now: () => new Date('2026-11-22T09:14:15.000Z') },
  };
  return { done, writes, ports };
}

const release = (ports: PathLocksPorts, request = REQUEST) => releaseRun(ports, lockFacts(), request);
const claimIn = ({ row }: MirrorWrite) => row.metadata['signalbox'];

describe('releasing a run', () => {
  it('Z1 Z3 terminates first, closes its own box, proves, then writes the row', async () => {
    const { done, writes, ports } = aWorld();
    expect(await release(ports)).toMatchObject({ isTerminated: true, closedBoxes: 1, isProved: true });
    expect(done).toEqual([
      'terminate e1: released by me@laptop: stuck',
      `evict ${LOCK_RUN}`,
      'end unrecorded',
      'close',
      'prove',
      'row cancelled',
    ]);
    expect(claimIn(writes[0]!)).toMatchObject({
      cancellation: { by: 'me@laptop', reason: 'released by me@laptop: stuck' },
    });
  });

  it('leaves alone an execution that is over, or another run’s', async () => {
    for (const current of [
      details({ isOpen: false, statusName: 'TIMED_OUT' }),
      details({ runId: LOCK_OTHER_RUN, temporalRunId: 'e9' }),
    ]) {
      const { done, ports } = aWorld({ current });
      expect(await release(ports)).toMatchObject({ isTerminated: false });
      expect(done[0]).toBe(`evict ${LOCK_RUN}`);
    }
  });

  it('Z3 writes how the run has ended, if that was before', async () => {
    const { writes, ports } = aWorld({ current: details({ isOpen: false, statusName: 'TIMED_OUT' }) });
    const { ending } = await release(ports);
    expect(ending).toMatchObject({ status: 'failed', by: 'me@laptop' });
    expect(writes[0]!.row.metadata['error']).toMatch(/timed out; released by me@laptop: stuck$/);
  });

  it('Z1 touches no box of a run that goes on whenever it is terminated', async () => {
    const { done, ports } = aWorld({ isResumed: true });
    await expect(release(ports)).rejects.toMatchObject({ code: 'PATH_STILL_OCCUPIED' });
    expect(done.filter((one) => !one.startsWith('terminate'))).toEqual([]);
  });

  it('Z3 leaves the row as it is while something lives', async () => {
    const { writes, ports } = aWorld({ isStubborn: true });
    await expect(release(ports)).rejects.toMatchObject({
      code: 'PATH_STILL_OCCUPIED',
      message: expect.stringContaining('100 (me) sleep 600') as string,
    });
    expect(writes).toEqual([]);
  });

  it('Z3 looks for nothing on another machine, and says so in the row', async () => {
    const { done, writes, ports } = aWorld();
    const result = await release(ports, { ...REQUEST, isProvable: false });
    expect(result).toMatchObject({ isProved: false, closedBoxes: 0 });
    expect(done.map((one) => one.split(' ')[0])).toEqual(['terminate', 'row']);
    expect(JSON.stringify(claimIn(writes[0]!))).toContain('could not be found out');
  });
});
