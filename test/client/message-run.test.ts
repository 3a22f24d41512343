import { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { sendUpdate } from '../../src/client/message-run.js';
import { connectionToNobody } from '../support/away-temporal.js';

const TO = {
  client: new Client({ connection: connectionToNobody('127.0.0.1:1') }),
  address: '127.0.0.1:1',
  runId: '7c1f2a9e-5d2b-4c1a-9f00-000000000001',
  temporalWorkflowId: 'run.any',
};

describe('a message whose answer is lost', () => {
  it.each([
    ['as the caller named it', 'mine', 'mine'],
    ['as it was named for the caller', undefined, expect.stringMatching(/^[0-9a-f-]{36}$/)],
  ])('can be sent again %s, within ten seconds', async (_what, updateId, named) => {
    const begun = performance.now();
    await expect(sendUpdate(TO, { name: 'decide', message: {}, updateId })).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      message: expect.stringContaining('connect ECONNREFUSED 127.0.0.1:1'),
      details: { runId: TO.runId, updateId: named },
    });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});
