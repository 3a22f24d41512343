import { describe, expect, it } from 'vitest';
import { labelOf, labelsAt, namedChoices, readLabels } from '../../../src/core/run/decision-labels.js';
import type { Looper } from '../../../src/core/run/turns.js';
import { aDefinition, aGate } from '../../support/builders.js';

describe('labels of decisions', () => {
  it('are told of those that have one, cut to 200 characters', () => {
    const decisions = [
      { id: 'approve', label: null },
      { id: 'later', label: 'x'.repeat(300) },
      { id: 'never', label: ' ' },
    ];
    const [gate, plain] = aDefinition([aGate('review', { decisions }), aGate('plain')]).nodes as Looper[];
    expect(labelsAt(gate!)).toEqual({ labels: { later: 'x'.repeat(200) } });
    expect(labelsAt(plain!)).toEqual({});
  });

  it('stand behind the decisions that they name', () => {
    const gate = { decisions: ['approve', 'later', 'constructor'], labels: { later: 'Next "week"' } };
    expect(namedChoices(gate)).toBe('approve, later "Next \\"week\\"", constructor');
    expect(labelOf(gate, 'constructor')).toBeNull();
  });

  it.each([[null], ['x'], [[1]], [{ a: 1 }]])('are none where %j is told', (value) => {
    expect(readLabels(value)).toEqual({});
  });

  it('are read as far as they are texts', () => {
    expect(readLabels({ a: 'A', b: 2 })).toEqual({ labels: { a: 'A' } });
  });
});
