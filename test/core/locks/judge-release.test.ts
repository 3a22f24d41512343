import { describe, expect, it } from 'vitest';
import { judgeRelease } from '../../../src/core/locks/judge-release.js';
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

const over = anExecution({ isOpen: false, statusName: 'TERMINATED' });
const abroad = { place: 'otherHost', boxes: [], worker: SILENT_WORKER } as const;
const nothing = { execution: null, rows: [], boxes: [] };

describe('judging a release', () => {
  it.each<readonly [title: string, facts: Partial<PathFacts>, isForced: boolean, isProvable: boolean]>([
    ['L1 a run that holds the path is released', {}, false, true],
    ['L1 a run of which a box is left is released', { execution: over, rows: [] }, false, true],
    ['L1 a run of which an open row is left is released', { execution: null, boxes: [] }, false, true],
    [
      'L1 a run of which processes are left is released',
      {
        ...{ execution: over, rows: [aLockRow({ status: 'failed' })], boxes: [] },
        strays: [{ runId: LOCK_RUN, processes: [aProcess(1)] }],
      },
      false,
      true,
    ],
    ['L4 a run of a silent host is released by who insists, without proof', abroad, true, false],
  ])('%s', (_title, facts, isForced, isProvable) => {
    expect(judgeRelease(lockFacts(facts), LOCK_RUN, isForced)).toEqual({ kind: 'release', isProvable });
  });

  it.each<
    readonly [
      title: string,
      facts: Partial<PathFacts>,
      isForced: boolean,
      refusal: readonly [code: string, says: string],
    ]
  >([
    ['L1 a free path is not released', nothing, true, ['NOTHING_TO_RELEASE', 'nothing is left']],
    [
      'L1 another run than the holder is not released',
      { execution: anExecution({ runId: LOCK_OTHER_RUN }), rows: [], boxes: [] },
      true,
      ['NOT_THE_HOLDER', `run ${LOCK_OTHER_RUN} holds it`],
    ],
    [
      'L1 another run than the one that has left something is not released',
      { execution: null, rows: [], boxes: [aLockBox({ runId: LOCK_OTHER_RUN })] },
      true,
      ['NOT_THE_HOLDER', `run ${LOCK_OTHER_RUN} is what is left there`],
    ],
    [
      'L1 a run that is in the directory under another name is not released by this one',
      { ...nothing, boxes: [aLockBox({ isUnderOtherName: true })] },
      true,
      ['NOTHING_TO_RELEASE', 'nothing is left'],
    ],
    [
      'L2 a run of another Temporal is not released',
      { ...nothing, boxes: [aLockBox({ isOfThisTemporal: false })] },
      true,
      ['RUN_ELSEWHERE', 'another Temporal (127.0.0.1:7233)'],
    ],
    [
      'L3 a run of another user is not released',
      { place: 'otherUser', rows: [aLockRow({ isOwn: false })] },
      true,
      ['RUN_ELSEWHERE', 'another user'],
    ],
    [
      'L3 a run of a host that is alive is not released, however much one insists',
      { ...abroad, worker: { isHeard: true, lastSeen: null } },
      true,
      ['RUN_ELSEWHERE', 'which is alive'],
    ],
    [
      'L4 a run of a silent host is not released unasked',
      abroad,
      false,
      ['RUN_ELSEWHERE', 'which is silent'],
    ],
  ])('%s', (_title, facts, isForced, [code, says]) => {
    const plan = judgeRelease(lockFacts(facts), LOCK_RUN, isForced);
    expect(plan).toMatchObject({ kind: 'refuse', code });
    expect(plan.kind === 'refuse' && plan.message).toContain(says);
  });
});
