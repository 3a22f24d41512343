import { expect, it } from 'vitest';
import type { Graph, Node } from '../../../src/core/definition/definition.js';
import { runtimesOf } from '../../../src/core/definition/runtimes.js';
import { aBashNode, aDefinition, aScriptNode } from '../../support/builders.js';

const graph = (...drafts: Parameters<typeof aDefinition>[0]): Graph => aDefinition(drafts);

it('a graph without scripts needs no runtime', () => {
  expect(runtimesOf(graph(aBashNode('a')))).toEqual([]);
});

it('a named script needs what its file says, once that is known', () => {
  const named = (file?: string) => ({
    source: { kind: 'named', name: 'count', ...(file === undefined ? {} : { file }) } as const,
  });
  const runtimes = ['project/scripts/count.py', 'project/scripts/count.ts', undefined].map((file) =>
    runtimesOf(graph(aScriptNode('a', named(file)))),
  );
  expect(runtimes).toEqual([['uv'], ['bun'], ['bun']]);
});

it('a graph needs each runtime of its scripts once, those of loop bodies too', () => {
  const python = { runtime: 'uv' } as const;
  const body = graph(aScriptNode('c', python), aScriptNode('d', python));
  const outer = graph(aScriptNode('a'), aScriptNode('b'));
  const group = { ...outer.nodes[0]!, id: 'g', kind: 'loop_group', body } as unknown as Node;
  expect(runtimesOf({ ...outer, nodes: [...outer.nodes, group] })).toEqual(['bun', 'uv']);
});
