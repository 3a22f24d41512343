import { describe, expect, it } from 'vitest';
import { judgePath } from '../../../src/core/locks/judge-path.js';
import type { PathFacts } from '../../../src/core/locks/path-facts.js';
import {
  aLockBox,
  aLockRow,
  anExecution,
  aProcess,
  LOCK_OTHER_RUN,
  LOCK_RUN,
  lockFacts,
  SILENT_WORKER,
} from '../../support/lock-shapes.js';

const terminated = anExecution({ isOpen: false, statusName: 'TERMINATED' });
const fallenBox = aLockBox({ init: null, processes: [] });

type Case = readonly [
  title: string,
  facts: Partial<PathFacts>,
  kind: 'held' | 'leftover' | 'free',
  said: readonly string[],
];

const CASES: readonly Case[] = [
  ['a run at work: all layers agree', {}, 'held', []],
  [
    'a paused run without a box: all layers agree',
    { rows: [aLockRow({ status: 'paused' })], boxes: [] },
    'held',
    [],
  ],
  ['nothing at all', { execution: null, rows: [], boxes: [] }, 'free', []],
  [
    'a run that is over, and has said so',
    { execution: terminated, rows: [aLockRow({ status: 'cancelled' })], boxes: [] },
    'free',
    [],
  ],
  [
    'terminated, its worker alive',
    { execution: terminated },
    'leftover',
    ['box_left_over: terminated in Temporal; its box is closed within 10 s, then its row is written'],
  ],
  [
    'terminated, its worker dead',
    { execution: terminated, worker: SILENT_WORKER, boxes: [fallenBox] },
    'leftover',
    [
      `box_left_over: terminated in Temporal; its box is closed when a worker is back, or now by signalbox locks release ${LOCK_RUN}`,
    ],
  ],
  [
    'terminated, its row written, its box still open',
    { execution: terminated, rows: [aLockRow({ status: 'cancelled' })] },
    'leftover',
    ['box_left_over: terminated in Temporal; its box is closed within 10 s'],
  ],
  [
    'a box of which nobody else knows',
    { execution: null, rows: [] },
    'leftover',
    ["box_without_run: box without a run; evicted at the worker's next round"],
  ],
  [
    'an execution that was deleted',
    { execution: null, boxes: [] },
    'leftover',
    ['row_left_open: row running, execution gone; its row says so within 10 s'],
  ],
  [
    'an execution that timed out, its worker dead',
    { execution: anExecution({ isOpen: false, statusName: 'TIMED_OUT' }), boxes: [], worker: SILENT_WORKER },
    'leftover',
    [
      `row_left_open: row running, timed out in Temporal; its row says so when a worker of its host is back, or after signalbox locks release ${LOCK_RUN}`,
    ],
  ],
  [
    'a new run beside the box of the last',
    { execution: anExecution({ runId: LOCK_OTHER_RUN }), rows: [aLockRow({ runId: LOCK_OTHER_RUN })] },
    'held',
    ['box_left_over: box of run 7c1f2a9e, which is over; it is closed before the first node of aaaaaaaa'],
  ],
  [
    'a worker that was killed, and one in its place',
    { boxes: [fallenBox] },
    'held',
    ['box_fallen: its box has fallen; its next node opens another'],
  ],
  [
    'a worker that was killed, and none in its place',
    { boxes: [fallenBox], worker: SILENT_WORKER },
    'held',
    [
      'box_fallen: its box has fallen; another is opened when a worker is back',
      'host_silent: worker silent since 2026-11-22T08:00:00.000Z; the run goes on when a worker is back',
    ],
  ],
  [
    'a silent host',
    { place: 'otherHost', boxes: [], worker: SILENT_WORKER },
    'held',
    [
      `host_silent: host host silent since 2026-11-22T08:00:00.000Z; the run goes on when a worker is back; if its host never is: signalbox locks release ${LOCK_RUN} --force`,
    ],
  ],
  [
    'a box of another Temporal',
    { execution: null, rows: [], boxes: [aLockBox({ isOfThisTemporal: false })] },
    'held',
    [
      'box_of_other_temporal: box of run 7c1f2a9e of another Temporal (127.0.0.1:7233); look at it with the signalbox that started it',
    ],
  ],
  [
    'a directory in use under another name',
    { execution: null, rows: [], boxes: [aLockBox({ workingPath: '/mnt/repo', isUnderOtherName: true })] },
    'held',
    [
      `box_under_other_name: the same directory is in use as /mnt/repo, by run 7c1f2a9e; see signalbox locks show ${LOCK_RUN}`,
    ],
  ],
  [
    'a run without a row',
    { rows: [], boxes: [] },
    'held',
    [
      'row_missing: execution without a row; it is written with the first node, or the run ends within a minute',
    ],
  ],
  [
    'a run that was brought back after its row had ended',
    { rows: [aLockRow({ status: 'cancelled' })] },
    'held',
    ['row_closed: row cancelled, execution open; the run is told, or its row follows with its next write'],
  ],
  [
    'an execution of somebody else',
    { execution: anExecution({ runId: null }), rows: [], boxes: [] },
    'held',
    ['execution_unknown: an execution that signalbox did not start holds the ID; terminate it in Temporal'],
  ],
  [
    'processes that outlived their box, of a run that is over',
    {
      ...{ execution: terminated, rows: [aLockRow({ status: 'cancelled' })], boxes: [] },
      strays: [{ runId: LOCK_RUN, processes: [aProcess(7), aProcess(8)] }],
    },
    'leftover',
    [
      `processes_without_box: processes of run 7c1f2a9e without a box: 7, 8; end them by signalbox locks release ${LOCK_RUN}`,
    ],
  ],
  [
    'a run that is stuck in Temporal',
    { execution: anExecution({ troubles: [{ kind: 'workflow_task_stuck', text: 'stuck' }] }) },
    'held',
    ['workflow_task_stuck: stuck; '],
  ],
];

describe('judging a path', () => {
  it.each(CASES)('%s', (_title, facts, kind, said) => {
    const verdict = judgePath(lockFacts(facts));
    expect(verdict.kind).toBe(kind);
    expect(verdict.disagreements.map((one) => `${one.kind}: ${one.text}; ${one.next}`)).toEqual(said);
  });

  it('the open execution holds the path, whatever else stands there', () => {
    const facts = lockFacts({
      execution: anExecution({ runId: LOCK_OTHER_RUN }),
      rows: [aLockRow(), aLockRow({ runId: LOCK_OTHER_RUN, workflow: 'next' })],
    });
    expect(judgePath(facts)).toMatchObject({ runId: LOCK_OTHER_RUN, workflow: 'next' });
  });

  it('without an open execution the path is of the run that has left something', () => {
    expect(judgePath(lockFacts({ execution: null }))).toMatchObject({
      runId: LOCK_RUN,
      workflow: 'fix-issue',
    });
  });
});
