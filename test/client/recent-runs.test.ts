import { describe, expect, it } from 'vitest';
import { makeRecentRuns } from '../../src/client/recent-runs.js';
import type { RunId } from '../../src/core/ids.js';

const [A, B, C] = ['a', 'b', 'c'] as RunId[] as [RunId, RunId, RunId];

describe('recent runs', () => {
  it('are the newest ones, up to a limit', () => {
    const recent = makeRecentRuns(2);
    for (const runId of [A, B, C]) recent.remember(runId, `run.${runId}`);
    expect([A, B, C].map((runId) => recent.idOf(runId))).toEqual([undefined, 'run.b', 'run.c']);
  });

  it('are new again when they are started again', () => {
    const recent = makeRecentRuns(2);
    for (const runId of [A, B, A, C]) recent.remember(runId, `run.${runId}`);
    expect([A, B, C].map((runId) => recent.idOf(runId))).toEqual(['run.a', undefined, 'run.c']);
  });
});
