// (e) The state machine alone, over graphs of a thousand nodes.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, spread } from './figures.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const NODES = 1000;
const AT = '2026-01-01T00:00:00.000Z';

const SHAPES = {
  chain: (index) => (index === 0 ? [] : [index - 1]),
  wide: (index) => (index === 0 ? [] : [0]),
  layered: (index) => (index < 10 ? [] : [index - 10, index - (index % 10) - 1]),
};

function definitionOf(dependencies, compile) {
  const nodes = Array.from({ length: NODES }, (_, index) => ({
    id: `n${index}`,
    bash: 'true',
    depends_on: [...new Set(dependencies(index))].map((other) => `n${other}`),
  }));
  const text = JSON.stringify({ name: 'large', description: 'large', nodes });
  const compiled = compile({ file: 'large.yaml', text });
  if (compiled.kind !== 'compiled') throw new Error(JSON.stringify(compiled.issues.slice(0, 3)));
  return compiled.definition;
}

function drive(definition, { decide, evolve, initialState }) {
  let state = evolve(definition, initialState(definition, {}), { type: 'runStarted', at: AT });
  const output = { text: { kind: 'inline', text: 'x' }, fields: null };
  for (;;) {
    for (const action of decide(definition, state)) {
      if (action.type === 'finish') return;
      const { nodeId, attempt } = action;
      state = evolve(definition, state, { type: 'nodeStarted', nodeId, attempt, at: AT });
      state = evolve(definition, state, {
        type: 'nodeCompleted',
        nodeId,
        attempt,
        output,
        durationMs: 1,
        at: AT,
      });
    }
  }
}

export async function planner() {
  const { compileDefinition } = await import(join(root, 'dist/src/core/definition/compile.js'));
  const { decide } = await import(join(root, 'dist/src/core/run/decide.js'));
  const { evolve, initialState } = await import(join(root, 'dist/src/core/run/evolve.js'));
  return Object.entries(SHAPES).map(([shape, dependencies]) => {
    const definition = definitionOf(dependencies, compileDefinition);
    const samples = Array.from({ length: 11 }, () => {
      const begun = performance.now();
      drive(definition, { decide, evolve, initialState });
      return performance.now() - begun;
    });
    return {
      what: `\`decide\` and \`evolve\` over ${NODES} nodes (${shape}), start to finish`,
      figures: spread(samples),
      goal: '≤ 150 ms',
      isMet: median(samples) <= 150,
    };
  });
}
