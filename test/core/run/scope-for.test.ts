import { describe, expect, it } from 'vitest';
import { evolve, initialState } from '../../../src/core/run/evolve.js';
import { runLevel } from '../../../src/core/run/level.js';
import { scopeFor } from '../../../src/core/run/scope-for.js';
import type { RunEvent } from '../../../src/core/run/run-state.js';
import { aBashNode, aDefinition, anOutput } from '../../support/builders.js';
import { attemptFailed, nodeCompleted, nodeSkipped, nodeStarted } from '../../support/run-events.js';

const definition = aDefinition([
  aBashNode('done'),
  aBashNode('broken'),
  aBashNode('skipped'),
  aBashNode('unread'),
  aBashNode('reader', {
    needs: ['done'],
    script:
      'echo $done.output $broken.output $skipped.output $sibling.output $later.output $INPUTS.mode $INPUTS.none',
  }),
  aBashNode('sibling', { needs: ['done'] }),
  aBashNode('later', { needs: ['reader'] }),
]);

function scopeAfter(...events: readonly RunEvent[]) {
  const beginning = initialState(definition, { mode: 'fast', secret: 'unread' });
  const state = events.reduce((before, event) => evolve(definition, before, event), beginning);
  const node = definition.nodes.find(({ id }) => id === 'reader')!;
  return scopeFor(runLevel(definition, state), node, { WORKFLOW_ID: 'r1' });
}

const settled = [
  ...[nodeStarted('done'), nodeCompleted('done', 'x'), nodeStarted('unread'), nodeCompleted('unread', 'y')],
  ...[nodeStarted('broken'), attemptFailed('broken'), nodeSkipped('skipped')],
];

describe('what a node sees', () => {
  it('is only what it refers to', () => {
    expect(scopeAfter(...settled)).toEqual({
      variables: { WORKFLOW_ID: 'r1' },
      inputs: { mode: 'fast' },
      nodes: {
        done: { state: 'completed', output: anOutput('x') },
        broken: { state: 'failed' },
        skipped: { state: 'skipped' },
        sibling: { state: 'unsettled' },
        later: { state: 'unsettled' },
      },
    });
  });

  it('does not depend on which of its siblings was faster', () => {
    const after = scopeAfter(...settled, nodeStarted('sibling'), nodeCompleted('sibling', 'fast'));
    expect(after).toEqual(scopeAfter(...settled));
  });

  it('keeps a node with a special name apart from what every object has', () => {
    const odd = aDefinition([
      aBashNode('__proto__'),
      aBashNode('reader', { needs: ['__proto__'], script: 'echo $__proto__.output' }),
    ]);
    const events = [nodeStarted('__proto__'), nodeCompleted('__proto__', 'x')];
    const state = events.reduce((before, event) => evolve(odd, before, event), initialState(odd, {}));
    const { nodes } = scopeFor(runLevel(odd, state), odd.nodes[1]!, {});
    expect(JSON.stringify(nodes)).toContain('"__proto__":{"state":"completed"');
  });
});
