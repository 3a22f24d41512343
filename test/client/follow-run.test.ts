import { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { followRun } from '../../src/client/follow-run.js';
import type { RunId } from '../../src/core/ids.js';
import type { EventRecord } from '../../src/ports/run-table.js';
import { connectionToNobody } from '../support/away-temporal.js';
import { FakeRunTable } from '../support/fake-run-table.js';

const RUN_ID = '7c1f2a9e-5d2b-4c1a-9f00-000000000001' as RunId;
const NOBODY = '127.0.0.1:1';

const anEvent = (id: string): EventRecord => ({
  id,
  eventType: 'node_started',
  nodeName: id,
  data: {},
  createdAt: '2026-11-22T09:02:11.000Z',
});

describe('a run that is followed', () => {
  it('is told its events once, each asked for after the last, and is not lost with the way to Temporal', async () => {
    const written = ['one', 'two'].map(anEvent);
    const asked: (string | undefined)[] = [];
    const table = new FakeRunTable();
    const reader = Object.assign(table, {
      events: (_: RunId, after?: string) => {
        asked.push(after);
        const news = after === undefined ? written.slice(0, 1) : after === 'one' ? written.slice(1) : [];
        return Promise.resolve(news);
      },
    });
    const told: string[] = [];
    const following = followRun(
      { client: new Client({ connection: connectionToNobody(NOBODY) }), reader, temporalAddress: NOBODY },
      { runId: RUN_ID, temporalWorkflowId: 'run.any' },
      { onEvent: ({ id }) => void told.push(id) },
    );
    await expect(following).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      message: expect.stringMatching(
        /^Temporal at 127\.0\.0\.1:1 does not answer \(connect ECONNREFUSED 127\.0\.0\.1:1\);.*\. Run 7c1f2a9e may well go on; follow it again with signalbox logs -f 7c1f2a9e$/,
      ),
      details: { runId: RUN_ID },
    });
    expect(told).toEqual(['one', 'two']);
    expect(asked.slice(0, 3)).toEqual([undefined, 'one', 'two']);
  });
});
