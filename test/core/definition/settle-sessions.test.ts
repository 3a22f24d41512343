import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/core/definition/definition.js';
import { definitionOf, summaryOf, withNodes } from './compile.js';
import { linked } from './link.js';

const FOR_ALL = 'persist_sessions: true\n';

/** Of each agent, bodies included, whether it goes on with the session of the last run. */
function sessionsOf(graph: Graph): Readonly<Record<string, unknown>> {
  const entries = graph.nodes.flatMap((node): readonly (readonly [string, unknown])[] => {
    if (node.kind === 'loop_group') return Object.entries(sessionsOf(node.body));
    return node.kind === 'agent' ? [[node.id, node.settings['persist_session'] ?? null]] : [];
  });
  return Object.fromEntries(entries);
}

const group = (keys: string): string =>
  `  - id: g\n    loop_group:\n      until: DONE\n      max_iterations: 2\n      nodes:\n        - id: b\n          prompt: x\n${keys}`;

describe('the session of the last run', () => {
  it('is gone on with where a node asks for it, or the workflow does for all of its own nodes', () => {
    const nodes = '  - id: a\n    prompt: x\n  - id: c\n    command: y\n    persist_session: false\n';
    expect(sessionsOf(definitionOf(withNodes(nodes)))).toEqual({ a: null, c: false });
    expect(sessionsOf(definitionOf(withNodes(nodes, FOR_ALL)))).toEqual({ a: true, c: false });
    const own = '  - id: a\n    prompt: x\n    persist_session: true\n';
    expect(sessionsOf(definitionOf(withNodes(own)))).toEqual({ a: true });
  });

  it.each(['context: fresh', 'context: { resume: z }'])(
    'is not, beside %s, and a word for it is told',
    (key) => {
      const z = '  - id: z\n    prompt: x\n';
      const nodes = `${z}  - id: a\n    prompt: x\n    depends_on: [z]\n    ${key}\n`;
      expect(sessionsOf(definitionOf(withNodes(nodes, FOR_ALL)))).toEqual({ z: true, a: null });
      expect(summaryOf(withNodes(nodes, FOR_ALL))).toEqual([]);
      const both = withNodes(`${nodes}    persist_session: true\n`);
      expect(sessionsOf(definitionOf(both))).toEqual({ z: null, a: false });
      expect(summaryOf(both)).toEqual(['10:5 KEY_IGNORED']);
    },
  );

  it('is none in a loop group, where a word for it is told', () => {
    expect(sessionsOf(definitionOf(withNodes(group(''), FOR_ALL)))).toEqual({ b: null });
    const own = withNodes(group('          persist_session: true\n'));
    expect(sessionsOf(definitionOf(own))).toEqual({ b: false });
    expect(summaryOf(own)).toEqual(['11:11 KEY_IGNORED']);
  });

  it('is none for what an include puts into a loop group', () => {
    const outer = withNodes(group('').replace('prompt: x', 'include: inner'));
    const inner = `name: inner\ndescription: d\n${FOR_ALL}nodes: [{ id: a, prompt: x }]\n`;
    expect(sessionsOf(linked([outer, inner], 'w'))).toEqual({ b__a: false });
    expect(sessionsOf(linked([withNodes('  - id: i\n    include: inner\n'), inner], 'w'))).toEqual({
      i__a: true,
    });
  });

  it('for all is told where there is nobody to go on with one', () => {
    const nodes =
      '  - id: a\n    bash: "true"\n  - id: l\n    loop: { prompt: x, until: DONE, max_iterations: 2 }\n';
    expect(summaryOf(withNodes(nodes, FOR_ALL))).toEqual(['8:1 KEY_IGNORED']);
  });
});
