import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseAnswer, parseEntry, parseQueueInput } from '../../src/contract/queue-workflow.js';
import { digestOfWork, memoOf, runStart, searchAttributesOf } from '../../src/contract/run-start.js';
import { parseTicketRequest, parseTurn } from '../../src/contract/ticket-workflow.js';
import { queueWorkflowId, runWorkflowId, ticketWorkflowId } from '../../src/contract/workflow-id.js';
import type { RunId, WorkingPath } from '../../src/core/ids.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import { aRequest } from '../support/run-stage.js';

const RUN_ID = randomUUID() as RunId;
const AT = '2026-11-22T09:02:11.000Z';
const REQUEST = aRequest(aDefinition([aBashNode('build')]));

describe('what queues and tickets are told is checked where it arrives', () => {
  it('takes what is well formed', () => {
    expect(parseEntry({ runId: RUN_ID, enteredAt: AT, more: 1 })).toEqual({ runId: RUN_ID, enteredAt: AT });
    expect(parseAnswer({ runId: RUN_ID, answer: 'busy' })).toEqual({ runId: RUN_ID, answer: 'busy' });
    const since = { runId: RUN_ID, answer: 'busy', enteredAt: '2026-11-23T00:00:00.000Z' };
    expect(parseAnswer(since)).toEqual(since);
    expect(parseTurn({ turn: 'full' })).toEqual({ turn: 'full' });
    const input = { hostId: 'here', workingPath: '/repo', entries: [{ runId: RUN_ID, enteredAt: AT }] };
    expect(parseQueueInput(input)).toEqual(input);
    const ticket = JSON.parse(JSON.stringify({ request: REQUEST, waitTimeoutMs: 5 })) as unknown;
    expect(parseTicketRequest(ticket)).toEqual(ticket);
  });

  it.each<[string, () => unknown, string]>([
    ['an entry without a run', () => parseEntry({ enteredAt: AT }), 'USAGE'],
    ['an entry of no run id', () => parseEntry({ runId: 'x', enteredAt: AT }), 'USAGE'],
    ['an entry of another time', () => parseEntry({ runId: RUN_ID, enteredAt: 'yesterday' }), 'USAGE'],
    ['an entry that is a text', () => parseEntry('x'), 'USAGE'],
    ['an unknown answer', () => parseAnswer({ runId: RUN_ID, answer: 'perhaps' }), 'USAGE'],
    ['an unknown turn', () => parseTurn({ turn: 'soon' }), 'USAGE'],
    ['no turn', () => parseTurn(null), 'USAGE'],
    ['a queue of nothing', () => parseQueueInput({}), 'START_REQUEST_INVALID'],
    [
      'a queue of a relative path',
      () => parseQueueInput({ hostId: 'h', workingPath: 'a', entries: [] }),
      'PATH_NOT_ABSOLUTE',
    ],
    [
      'a ticket without a request',
      () => parseTicketRequest({ waitTimeoutMs: null }),
      'START_REQUEST_INVALID',
    ],
    ['a ticket without a wait', () => parseTicketRequest({ request: REQUEST }), 'START_REQUEST_INVALID'],
    [
      'a ticket that waits less than nothing',
      () => parseTicketRequest({ request: REQUEST, waitTimeoutMs: -1 }),
      'START_REQUEST_INVALID',
    ],
  ])('refuses %s', (_what, parse, code) => {
    expect(parse).toThrow(expect.objectContaining({ code }));
  });
});

describe('IDs', () => {
  it('of a queue and of a run on its path differ in their first word alone', () => {
    const { hostId, workingPath } = REQUEST;
    expect(queueWorkflowId(hostId, workingPath).replace(/^queue\./, 'run.')).toBe(
      runWorkflowId(hostId, workingPath),
    );
    expect(ticketWorkflowId(RUN_ID)).toBe(`ticket.${RUN_ID}`);
  });
});

describe('a start', () => {
  it('is the same whoever makes it: under the ID that is the lease, with everything that describe tells', () => {
    const request = { ...REQUEST, searchAttributes: ['SignalboxStatus', 'SignalboxPath'] };
    const start = runStart(request);
    expect(start).toMatchObject({
      workflowId: runWorkflowId(request.hostId, request.workingPath),
      taskQueue: `signalbox.host.${request.hostId}.${request.uid}`,
      args: [request],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
    expect(start.memo).toEqual(memoOf(request, start.staticSummary));
    const attributes = searchAttributesOf(request, 'queued').getAll();
    expect(attributes.map(({ key, value }) => [key.name, value])).toEqual([
      ['SignalboxStatus', 'queued'],
      ['SignalboxPath', request.workingPath],
    ]);
  });

  it('has a digest of its work, which is what attaching goes by', () => {
    const digest = digestOfWork(REQUEST);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const same = aRequest(REQUEST.definition, { workingPath: '/other' as WorkingPath, baseBranch: 'dev' });
    expect(digestOfWork(same)).toBe(digest);
    expect(digestOfWork(JSON.parse(JSON.stringify(REQUEST)) as typeof REQUEST)).toBe(digest);
    for (const over of [
      { message: 'another' },
      { inputs: { issue: '7' } },
      { definition: aDefinition([aBashNode('build', { script: 'make' })]) },
    ]) {
      expect(digestOfWork({ ...REQUEST, ...over })).not.toBe(digest);
    }
  });

  it('has a digest that does not depend on the order of inputs, and that no version may change', () => {
    const inputs = { a: '1', b: '2' };
    const work = { definition: REQUEST.definition, message: 'm', inputs };
    const turned = { ...work, inputs: { b: '2', a: '1' } };
    expect(digestOfWork({ ...REQUEST, ...turned })).toBe(digestOfWork({ ...REQUEST, ...work }));
    const bare = { ...REQUEST, definition: { name: 'x' } as never, message: 'm', inputs };
    expect(digestOfWork(bare)).toBe('07daf4a5bef6e66c8db4d543b94c50d14928de39d45a8bd53a6added26024e09');
  });
});
