import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { QUEUE_SHAPES } from '../support/queue-shapes.js';
import { RUN_SHAPES } from '../support/run-shapes.js';
import { quietRuntime } from '../support/temporal-servers.js';
import { workflowBundle } from '../support/workflow-bundle.js';

const FOLDER = join(import.meta.dirname, 'histories');
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

interface Recording {
  readonly workflowId: string;
  readonly history: unknown;
}

const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

/** @throws when today's workflows would have done something else */
function replay(text: string): Promise<void> {
  const { workflowId, history } = JSON.parse(text) as Recording;
  return Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history, workflowId);
}

// The negative controls provoke the errors that the SDK then logs.
beforeAll(() => quietRuntime('ERROR'));

describe('a recorded history', () => {
  it('is there of every shape', () => {
    const recorded = new Set(FILES.map((file) => file.split('.')[0]));
    expect(recorded).toEqual(new Set([...Object.keys(RUN_SHAPES), ...QUEUE_SHAPES]));
    expect(FILES).toEqual(expect.arrayContaining(['continue-as-new.2.json', 'queue.2.json']));
  });

  it.each(FILES)('replays: %s', async (file) => {
    await replay(read(file));
  });

  it.each(FILES)('tells nothing of the machine that recorded it: %s', (file) => {
    const text = read(file);
    const payloads = [...text.matchAll(/"data": "([A-Za-z0-9+/=]*)"/g)].map(([, data]) =>
      Buffer.from(data!, 'base64').toString(),
    );
    expect(payloads.length).toBeGreaterThan(0);
    for (const shown of [text, ...payloads])
      expect(shown).not.toMatch(/\/(?:work|tmp|root|home)\/|node_modules/);
    expect(text.length).toBeLessThan(200 * 1024);
  });
});

type Change = readonly [from: string, to: string];

describe('a history that today’s workflows would not make is refused', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const decision = { nodeId: undefined, decision: 'approve', text: 'fine', by: 'ann' };

  it.each<[string, string, readonly Change[]]>([
    ['an activity of another name', 'chain.json', [['"name": "runShell"', '"name": "runScript"']]],
    ['an attempt of another node', 'chain.json', [['"activityId": "node-1.1"', '"activityId": "node-9.1"']]],
    [
      'another end',
      'chain.json',
      [
        ['workflowExecutionCompletedEventAttributes', 'workflowExecutionCanceledEventAttributes'],
        ['EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED', 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED'],
      ],
    ],
    [
      'another decision at a gate',
      'gates.json',
      [[base64(JSON.stringify(decision)), base64(JSON.stringify({ ...decision, decision: 'reject' }))]],
    ],
  ])('%s', async (_what, file, changes) => {
    const text = read(file);
    await replay(text);
    const changed = changes.reduce((current, [from, to]) => {
      expect(current).toContain(from);
      return current.replace(from, to);
    }, text);
    await expect(replay(changed)).rejects.toThrow(DeterminismViolationError);
  });
});
