import { describe, expect, it } from 'vitest';
import { project } from '../../../src/core/mirror/project.js';
import type { RunEvent } from '../../../src/core/run/run-state.js';
import { aBashNode, aDefinition, aFileOutput, anOutput, nodeId, someFacts } from '../../support/builders.js';
import { runStarted, second, stateAfter } from '../../support/run-events.js';

const definition = aDefinition([aBashNode('build'), aBashNode('ship', { needs: ['build'] })]);

/** What the last of these events writes. */
const written = (previousError: string | null, ...events: readonly RunEvent[]) =>
  project(someFacts(definition, { previousError }), events.at(-1)!, stateAfter(definition, ...events));

describe('a resumed run in the events table', () => {
  it('begins with what it had ended with, if that was an error', () => {
    const typesOf = (error: string | null) =>
      written(error, runStarted()).events.map(({ eventType, data }) => [eventType, data['error']]);
    expect(typesOf('node build failed')).toEqual([
      ['workflow_resumed', 'node build failed'],
      ['workflow_started', undefined],
    ]);
    expect(typesOf(null)).toEqual([['workflow_started', undefined]]);
  });

  it('tells of a node that is kept when its turn comes, with its output, and stores no result again', () => {
    const kept = { nodeId: nodeId('build'), attempt: 2, output: aFileOutput(50_000) };
    const resumed: RunEvent = { type: 'runResumed', kept: [kept], at: second(1) };
    const settled: RunEvent = { type: 'nodeKept', nodeId: nodeId('build'), at: second(2) };
    expect(written(null, resumed)).toEqual({ events: [], results: [] });
    const { events, results } = written(null, resumed, settled);
    expect(events).toMatchObject([
      {
        eventType: 'node_skipped_prior_success',
        nodeName: 'build',
        createdAt: second(2),
        data: {
          reason: 'prior_success',
          node_output_original_bytes: 50_000,
          signalbox: { attempt: 2 },
        },
      },
    ]);
    expect(results).toEqual([]);
  });

  it.each([
    [{ kind: 'always_run' } as const, { eventType: 'node_always_run_reset', data: { prior_output: 'old' } }],
    [
      { kind: 'stale_dependency', dependencies: [nodeId('build')] } as const,
      {
        eventType: 'node_prior_cache_invalidated',
        data: { reason: 'stale_dependency', invalidating_deps: ['build'], prior_output: 'old' },
      },
    ],
  ])('tells why a node is done again, and lets go of its result: $kind', (cause, entry) => {
    const formerOutput = anOutput('old');
    const kept = { nodeId: nodeId('build'), attempt: 1, output: formerOutput };
    const { events, results } = written(
      null,
      { type: 'runResumed', kept: [kept], at: second(1) },
      { type: 'nodeReset', nodeId: nodeId('build'), cause, formerOutput, at: second(2) },
    );
    expect(events).toMatchObject([{ ...entry, nodeName: 'build' }]);
    expect(results).toEqual([{ nodeId: 'build', attempt: 0, output: null }]);
  });
});
