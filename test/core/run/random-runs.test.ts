import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schedule, WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { decide } from '../../../src/core/run/decide.js';
import { evolve } from '../../../src/core/run/evolve.js';
import { isSettled, progressOf } from '../../../src/core/run/progress.js';
import { isEnding } from '../../../src/core/run/run-status.js';
import { fromSnapshot, toSnapshot } from '../../../src/core/run/snapshot.js';
import { calmlyRandomWorld, pace, randomDrafts, scheduled, wildWorld } from './random-runs.js';
import {
  deepFreeze,
  endings,
  innermost,
  isAtWork,
  isLoopGate,
  nameOf,
  simulate,
  statesIn,
  type Story,
} from './simulate.js';

const RUNS = { numRuns: 400 };
const BEGINNINGS = [
  ...['nodeStarted', 'gateOpened', 'nodeSkipped', 'nodeRefused', 'retryScheduled'],
  ...['iterationStarted', 'checkStarted'],
];

const schedule = fc.constantFrom<Schedule>('layers', 'dataflow');
const wild = fc.tuple(randomDrafts({ hasCancelNodes: true }), schedule, fc.nat(), pace);

function everyWildStory(check: (story: Story, definition: WorkflowDefinition) => void): void {
  fc.assert(
    fc.property(wild, ([drafts, how, seed, speeds]) => {
      const definition = deepFreeze(scheduled(drafts, how));
      check(simulate(definition, wildWorld(seed, speeds)), definition);
    }),
    RUNS,
  );
}

describe('random runs under both schedules, with failures, retries, gates, rejects, cancels and aborts', () => {
  it('R3: every run ends; unless it was ended early, every node has settled', () => {
    everyWildStory(({ state }) => {
      expect(state.outcome).not.toBeNull();
      if (!isEnding(state)) expect(state.nodes.every(isSettled)).toBe(true);
      expect(state.progress.active).toEqual([]);
    });
  });

  it('R1: each action is begun exactly once', () => {
    everyWildStory(({ actions }) => {
      const begun = actions.map(nameOf);
      expect(new Set(begun).size).toBe(begun.length);
    });
  });

  it('R1: a node begins only after all its dependencies have settled, and in layers after all earlier layers', () => {
    everyWildStory(({ steps }, definition) => {
      for (const step of steps) {
        const { event, before, graph } = innermost(definition, step);
        if (!('nodeId' in event) || !BEGINNINGS.includes(event.type) || isLoopGate(before, event)) continue;
        const node = graph.nodes.find(({ id }) => id === event.nodeId)!;
        const awaited = graph.nodes.flatMap(({ layer }, position) => {
          const isEarlier = graph.schedule === 'layers' && layer < node.layer;
          return isEarlier || node.dependsOn.includes(position) ? [position] : [];
        });
        expect(awaited.every((position) => isSettled(before.nodes[position]!))).toBe(true);
      }
    });
  });

  it('R2: nothing begins while the run is being ended', () => {
    everyWildStory(({ steps }, definition) => {
      const late = steps.filter((step) => {
        const { type } = innermost(definition, step).event;
        return isEnding(step.before) && BEGINNINGS.includes(type);
      });
      expect(late).toEqual([]);
    });
  });

  it('R5: an event that comes again changes nothing', () => {
    everyWildStory(({ steps }, definition) => {
      for (const { event, after } of steps) expect(evolve(definition, after, event)).toBe(after);
    });
  });

  it('R6: a settled node stays as it is', () => {
    everyWildStory(({ steps }, definition) => {
      for (const step of steps) {
        const { before, after } = innermost(definition, step);
        before.nodes.forEach((node, position) => {
          if (isSettled(node)) expect(after.nodes[position]).toBe(node);
        });
      }
    });
  });

  it('R7: the bookkeeping equals what is counted from scratch', () => {
    everyWildStory(({ steps }) => {
      for (const { after } of steps) {
        for (const state of statesIn(after))
          expect(state.progress).toEqual(progressOf(state.plan, state.nodes));
      }
    });
  });

  it('decide gives equal actions for equal inputs, and evolve equal states; neither changes what it is given', () => {
    everyWildStory(({ steps }, definition) => {
      for (const { event, before, after } of steps) {
        deepFreeze(before);
        deepFreeze(event);
        const copy = {
          ...before,
          nodes: structuredClone(before.nodes),
          progress: structuredClone(before.progress),
        };
        expect(decide(definition, copy)).toEqual(decide(definition, before));
        expect(evolve(definition, before, event)).toEqual(after);
      }
    });
  });
});

describe('random runs that nobody ends early', () => {
  const calm = fc.tuple(randomDrafts({ hasCancelNodes: false }), fc.nat(), pace, pace);

  it('settle every node alike, outputs included, whatever the schedule and whoever is faster', () => {
    fc.assert(
      fc.property(calm, ([drafts, seed, speeds, otherSpeeds]) => {
        const layers = scheduled(drafts, 'layers');
        const dataflow = scheduled(drafts, 'dataflow');
        const one = simulate(layers, calmlyRandomWorld(seed, speeds));
        const other = simulate(dataflow, calmlyRandomWorld(seed, otherSpeeds));
        expect(endings(layers, one.state)).toEqual(endings(dataflow, other.state));
        expect(one.state.outcome).toEqual(other.state.outcome);
      }),
      RUNS,
    );
  });

  it('go on from a snapshot taken whenever nothing runs as if nothing had happened', () => {
    fc.assert(
      fc.property(calm, schedule, ([drafts, seed, speeds], how) => {
        const definition = scheduled(drafts, how);
        const world = calmlyRandomWorld(seed, speeds);
        const whole = simulate(definition, world);
        for (const { after } of whole.steps) {
          if (after.outcome || statesIn(after).some(isAtWork)) continue;
          const carried: unknown = JSON.parse(JSON.stringify(toSnapshot(after)));
          const resumed = fromSnapshot(definition, world.inputs, carried);
          const rest = simulate(definition, world, resumed);
          expect(endings(definition, rest.state)).toEqual(endings(definition, whole.state));
          expect(rest.state.outcome).toEqual(whole.state.outcome);
        }
      }),
      { numRuns: 150 },
    );
  });
});
