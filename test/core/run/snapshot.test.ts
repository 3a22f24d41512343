import { describe, expect, it } from 'vitest';
import { evolve } from '../../../src/core/run/evolve.js';
import { fromSnapshot, toSnapshot } from '../../../src/core/run/snapshot.js';
import { outputsToStore, snapshotWithin, withOutputs } from '../../../src/core/run/snapshot-size.js';
import { aBashNode, aDefinition, aFileOutput, aGate, anOutput } from '../../support/builders.js';
import {
  attemptFailed,
  gateOpened,
  nodeCompleted,
  nodeStarted,
  retryScheduled,
  runStarted,
  stateAfter,
} from '../../support/run-events.js';

const retry = { maxAttempts: 1, delayMs: 1000, onError: 'all' } as const;
const definition = aDefinition([
  aBashNode('big'),
  aBashNode('bigger'),
  aBashNode('small'),
  aGate('gate'),
  aBashNode('stubborn', { retry }),
]);
const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;
const done = (id: string, text: string) => [nodeStarted(id), nodeCompleted(id, text)];
const state = stateAfter(
  definition,
  runStarted(),
  ...done('big', 'x'.repeat(12_000)),
  ...done('bigger', '🚂'.repeat(4_000)),
  ...done('small', 'x'.repeat(100)),
  gateOpened('gate'),
  nodeStarted('stubborn'),
  attemptFailed('stubborn'),
  retryScheduled('stubborn', 2),
);

describe('a snapshot', () => {
  it('gives the run back after a journey as JSON, with its timers to be set again', () => {
    const carried: unknown = JSON.parse(JSON.stringify(toSnapshot(state)));
    const resumed = fromSnapshot(definition, {}, carried);
    const { nodes, progress, ...rest } = state;
    expect(resumed).toMatchObject(rest);
    expect(resumed.nodes.slice(0, 4)).toEqual(nodes.slice(0, 4));
    expect(resumed.nodes[4]).toEqual({ ...nodes[4], isScheduled: false });
    expect(resumed.progress).toEqual({ ...progress, frontier: [4] });
  });

  it('is not made while an attempt runs', () => {
    const running = evolve(definition, stateAfter(definition), nodeStarted('big'));
    expect(() => toSnapshot(running)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });

  it.each([
    ['a newer version', { ...toSnapshot(state), version: 2 }, 'CONTRACT_TOO_NEW'],
    ['other nodes', { ...toSnapshot(state), nodes: toSnapshot(state).nodes.toReversed() }, 'INTERNAL'],
    ['fewer nodes', { ...toSnapshot(state), nodes: [] }, 'INTERNAL'],
    ['no version', {}, 'INTERNAL'],
    ['nothing', undefined, 'INTERNAL'],
  ])('with %s is refused', (_title, value, code) => {
    expect(() => fromSnapshot(definition, {}, value)).toThrow(expect.objectContaining({ code }));
  });
});

describe('a snapshot that is too large', () => {
  const snapshot = toSnapshot(state);

  it.each([
    ['nothing while it fits', bytesOf(snapshot), []],
    ['the largest output, in bytes', bytesOf(snapshot) - 1, ['bigger']],
    ['as many as it takes', bytesOf(snapshot) - 15_000, ['bigger', 'big']],
    ['all that can move where nothing is enough', 10, ['bigger', 'big']],
  ])('names %s', (_title, limit, expected) => {
    expect(Object.keys(outputsToStore(state, limit))).toEqual(expected);
  });

  it('fits once what it named has moved to files', () => {
    const limit = bytesOf(snapshot) - 15_000;
    const named = Object.keys(outputsToStore(state, limit));
    const files = Object.fromEntries(named.map((id) => [id, aFileOutput(12_000, 'x'.repeat(2_000))]));
    const moved = toSnapshot(withOutputs(state, files));
    expect(bytesOf(moved)).toBeLessThanOrEqual(limit);
    expect(moved.nodes[2]?.state).toMatchObject({ output: anOutput('x'.repeat(100)) });
  });

  it('of a thousand outputs in files and a thousand failures fits by shorter excerpts', () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `n${index}`);
    const many = aDefinition([
      ...ids.map((id) => aBashNode(id)),
      ...ids.map((id) => aBashNode(`${id}-broken`)),
    ]);
    const events = ids.flatMap((id) => [
      ...[nodeStarted(id), nodeCompleted(id, aFileOutput(20_000, 'x'.repeat(2_000)))],
      ...[nodeStarted(`${id}-broken`), attemptFailed(`${id}-broken`, { message: 'y'.repeat(2_000) })],
    ]);
    const after = stateAfter(many, ...events);
    const large = toSnapshot(after);
    const limit = 512 * 1024;
    expect(bytesOf(large)).toBeGreaterThan(limit);
    const short = snapshotWithin(after, limit);
    expect(bytesOf(short)).toBeLessThanOrEqual(limit);
    expect(short.nodes.map(({ id }) => id)).toEqual(large.nodes.map(({ id }) => id));
  });
});
