import { describe, expect, it } from 'vitest';
import { linkWorkflows, parseWorkflow } from '../../../src/core/definition/compile.js';
import type { Node, WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { formatIssue } from '../../../src/core/definition/issue.js';
import { linked, problemsOf } from './link.js';

const wrap = (name: string, nodes: string, keys = '') =>
  `name: ${name}\ndescription: d\n${keys}nodes:\n${nodes.replaceAll(/^/gm, '  ').trimEnd()}\n`;

const node = (definition: WorkflowDefinition, id: string): Node =>
  definition.nodes.find((one) => one.id === id)!;

const CHECKS = wrap(
  'checks',
  "- {id: lint, bash: lint}\n- {id: test, bash: test $lint.output, depends_on: [lint], when: $lint.output == 'ok'}\n- {id: report, bash: report, depends_on: [test], trigger_rule: all_done}",
);
const OUTER = (include: string) =>
  wrap(
    'outer',
    `- {id: build, bash: build}\n- {id: c, include: checks${include}}\n- {id: end, bash: end $c.output, depends_on: [c]}`,
  );

describe('an include', () => {
  const outer = linked(
    [OUTER(", depends_on: [build], when: $build.output != '', trigger_rule: all_done"), CHECKS],
    'outer',
  );

  it('stands for the nodes of the workflow, under its own name', () => {
    expect(outer.nodes.map(({ id }) => id)).toEqual(['build', 'c__lint', 'c__test', 'c__report', 'end']);
  });

  it('hands what it waits for to the nodes that begin it', () => {
    expect(node(outer, 'c__lint')).toMatchObject({
      dependsOn: [0],
      layer: 1,
      triggerRule: 'all_done',
      when: { text: "$build.output != ''" },
    });
    expect(node(outer, 'c__lint')).not.toHaveProperty('boundaries');
  });

  it('keeps the others from running without it', () => {
    const boundaries = [
      { dependsOn: [0], triggerRules: ['all_done'], when: { text: "$build.output != ''" } },
    ];
    expect(node(outer, 'c__test')).toMatchObject({ dependsOn: [1], boundaries });
    expect(node(outer, 'c__report')).toMatchObject({ dependsOn: [2], boundaries, triggerRule: 'all_done' });
  });

  it('has references renamed, in texts and conditions', () => {
    expect(node(outer, 'c__test')).toMatchObject({
      script: { text: 'test $c__lint.output' },
      references: [{ nodeId: 'c__lint' }],
      when: { text: "$c__lint.output == 'ok'" },
    });
  });

  it('is waited for by its last nodes, and its output is that of the first of them', () => {
    expect(node(outer, 'end')).toMatchObject({ dependsOn: [3], script: { text: 'end $c__report.output' } });
  });

  it('has the output of the node that the workflow returns', () => {
    const returning = linked([OUTER(''), CHECKS.replace('nodes:', 'returns: lint\nnodes:')], 'outer');
    expect(node(returning, 'end')).toMatchObject({ dependsOn: [3], script: { text: 'end $c__lint.output' } });
  });

  it('without conditions of its own needs no boundary', () => {
    expect(linked([OUTER(''), CHECKS], 'outer').nodes.filter((one) => one.boundaries)).toEqual([]);
  });

  it('joins its condition with that of the nodes that begin it', () => {
    const inner = wrap(
      'checks',
      "- {id: a, bash: x}\n- {id: b, bash: x, when: $a.output == '1' || $a.output == '2'}",
    );
    const both = linked(
      [OUTER(", depends_on: [build], when: $build.output == '3' || $build.output == '4'"), inner],
      'outer',
    );
    expect(node(both, 'c__b').when).toMatchObject({
      text: "$build.output == '3' && $c__a.output == '1' || $build.output == '3' && $c__a.output == '2' || $build.output == '4' && $c__a.output == '1' || $build.output == '4' && $c__a.output == '2'",
    });
  });

  it('in an include has the names and boundaries of both', () => {
    const middle = wrap('middle', '- {id: m, bash: x}\n- {id: i, include: checks, depends_on: [m]}');
    const outermost = wrap('outer', '- {id: a, bash: x}\n- {id: o, include: middle, depends_on: [a]}');
    const definition = linked([outermost, middle, CHECKS], 'outer');
    expect(definition.nodes.map(({ id }) => id)).toEqual([
      'a',
      'o__m',
      'o__i__lint',
      'o__i__test',
      'o__i__report',
    ]);
    expect(node(definition, 'o__i__test').boundaries?.map(({ dependsOn }) => dependsOn)).toEqual([[0], [1]]);
    expect(node(definition, 'o__i__lint').boundaries?.map(({ dependsOn }) => dependsOn)).toEqual([[0]]);
  });

  it('may stand in a body', () => {
    const looping = wrap(
      'outer',
      '- {id: a, bash: x}\n- id: g\n  loop_group:\n    max_iterations: 2\n    until_bash: test $c.output\n    nodes: [{id: c, include: checks}, {id: e, bash: echo $LOOP_PREV.c.output, depends_on: [c]}]',
    );
    const group = node(linked([looping, CHECKS], 'outer'), 'g');
    expect(group).toMatchObject({
      rules: { untilBash: { text: 'test $c__report.output' } },
      body: {
        nodes: [{ id: 'c__lint' }, { id: 'c__test' }, { id: 'c__report' }, { id: 'e', dependsOn: [2] }],
      },
    });
    expect(group.kind === 'loop_group' && group.body.nodes[3]).toMatchObject({
      script: { text: 'echo $LOOP_PREV.c__report.output' },
    });
  });

  it('brings the accounts that its workflow requires, and counts as interactive with its gates', () => {
    const gated = wrap(
      'checks',
      '- {id: g, approval: {message: ok?}}',
      'interactive: true\nrequires: [github]\n',
    );
    expect(linked([OUTER(''), gated], 'outer')).toMatchObject({ requires: ['github'], isInteractive: true });
    expect(problemsOf([OUTER(''), gated], 'outer')).toEqual(['5:22 INCLUDE_KEY_DROPPED']);
  });

  it('begins its agents with sessions of their own, and keeps what their workflow says of them', () => {
    const agents = wrap(
      'checks',
      '- {id: a, prompt: x}\n- {id: b, prompt: x, depends_on: [a]}\n- {id: s, prompt: x, context: shared}',
      'provider: pi\nmodel: m\n',
    );
    const definition = linked([OUTER(''), agents], 'outer');
    expect(node(definition, 'c__a')).toMatchObject({
      settings: { provider: 'pi', model: 'm', context: 'fresh' },
    });
    expect(node(definition, 'c__b')).toMatchObject({ settings: { provider: 'pi', model: 'm' } });
    expect(node(definition, 'c__b')).not.toMatchObject({ settings: { context: 'fresh' } });
    expect(node(definition, 'c__s')).toMatchObject({ settings: { context: 'shared' } });
  });

  it('lets an agent of it go on with the session of another one of it', () => {
    const agents = wrap(
      'checks',
      '- {id: build, prompt: x}\n- {id: b, prompt: x, depends_on: [build], context: {resume: build}}',
    );
    const middle = wrap('middle', '- {id: i, include: checks}');
    const outer = wrap('outer', '- {id: build, prompt: x}\n- {id: o, include: middle}');
    expect(node(linked([OUTER(''), agents], 'outer'), 'c__b')).toMatchObject({
      settings: { context: { resume: 'c__build' } },
    });
    expect(node(linked([outer, middle, agents], 'outer'), 'o__i__b')).toMatchObject({
      settings: { context: { resume: 'o__i__build' } },
    });
  });

  it('reads the commands of its workflow when it is loaded', () => {
    const commands = wrap(
      'checks',
      '- {id: a, bash: x}\n- {id: r, command: review, with: {depth: 3}}\n- {id: l, loop: {command: again, until: DONE, max_iterations: 2}}',
      'inputs: {what: {default: all}}\n',
    );
    const texts: Record<string, string> = {
      review: 'Review $INPUTS.what, $INPUTS.depth deep: $a.output',
      again: 'Go on.',
    };
    const definition = linked([OUTER(''), commands], 'outer', (name) => texts[name] ?? null);
    expect(node(definition, 'c__r')).toMatchObject({
      prompt: {
        kind: 'command',
        name: 'review',
        text: { text: 'Review all, $INPUTS.depth deep: $c__a.output' },
      },
      bindings: { depth: { kind: 'literal', value: 3 }, what: { kind: 'literal', value: 'all' } },
    });
    expect(node(definition, 'c__l')).toMatchObject({ prompt: { text: { text: 'Go on.' } } });
    expect(problemsOf([OUTER(''), commands], 'outer')).toEqual([
      '5:22 COMMAND_NOT_FOUND!',
      '5:22 COMMAND_NOT_FOUND!',
    ]);
    expect(problemsOf([OUTER(''), commands], 'outer', () => '$build.output')).toEqual([
      '5:22 UNKNOWN_REFERENCE!',
      '5:22 UNKNOWN_REFERENCE!',
    ]);
  });
});

describe('an input of an include', () => {
  const child = (nodes: string) =>
    wrap('checks', nodes, 'inputs: {v: {required: true}, w: {default: dflt}, o: {}}\n');
  const include = (value: string, nodes: string) =>
    linked([OUTER(`, depends_on: [build], with: {v: ${value}}`), child(nodes)], 'outer');

  it('is replaced in texts, its own references resolved where they stand', () => {
    const definition = include('is $build.output.f', '- {id: a, bash: echo $INPUTS.v $INPUTS.w}');
    expect(node(definition, 'c__a')).toMatchObject({
      script: { text: 'echo is $build.output.f dflt' },
      references: [{ nodeId: 'build', field: 'f' }],
      bindings: {
        v: { kind: 'template', text: 'is $build.output.f' },
        w: { kind: 'literal', value: 'dflt' },
      },
    });
    expect(node(definition, 'build').fieldsRead).toEqual(['f']);
  });

  it('keeps its type where it stands alone in a value', () => {
    const nodes = '- {id: a, script: x, runtime: bun, with: {k: $INPUTS.v, t: is $INPUTS.v}}';
    expect(node(include('[1, 2]', nodes), 'c__a').bindings).toMatchObject({
      k: { kind: 'literal', value: [1, 2] },
      t: { kind: 'literal', value: 'is [1,2]' },
    });
    expect(node(include('{from: $build.output.f, if_skipped: 0}', nodes), 'c__a').bindings).toMatchObject({
      k: { kind: 'reference', reference: { nodeId: 'build', field: 'f' }, ifSkipped: 0 },
      t: { kind: 'template', text: 'is $build.output.f' },
    });
  });

  it.each([
    ["'yes'", { kind: 'constant', isTrue: true }],
    ["'no'", { kind: 'constant', isTrue: false }],
    ['$build.output', { kind: 'compare', left: { kind: 'node', nodeId: 'build' } }],
    ["'x$build.output'", { kind: 'unreadable' }],
  ])('%s may be compared', (value, atom) => {
    const definition = include(value, "- {id: a, bash: x, when: $INPUTS.v == 'yes'}");
    expect(node(definition, 'c__a').when?.condition).toMatchObject([[atom]]);
  });

  it('of the including workflow is handed on', () => {
    const outer = wrap('outer', '- {id: c, include: checks, with: {v: $INPUTS.q}}', 'inputs: {q: {}}\n');
    const inner = child("- {id: a, prompt: x $INPUTS.v, when: $INPUTS.v == '1'}");
    const a = node(linked([outer, inner], 'outer'), 'c__a');
    expect(a).toMatchObject({
      prompt: { text: { text: 'x $INPUTS.q' } },
      when: { text: "$INPUTS.q == '1'" },
      references: [{ kind: 'input', name: 'q' }],
    });
  });

  it.each([
    ['a script', 'bash: echo $INPUTS.v', ['5:22 REFERENCE_NOT_REPLACED']],
    ['a program', 'script: f($INPUTS.v), runtime: bun', ['5:22 REFERENCE_NOT_REPLACED']],
    ['a message', 'cancel: so $INPUTS.v', ['5:22 REFERENCE_NOT_REPLACED']],
    [
      'a body',
      'loop_group: {until: x, max_iterations: 1, nodes: [{id: b, bash: echo $INPUTS.v}]}',
      ['5:22 REFERENCE_NOT_REPLACED'],
    ],
    ['a prompt, where it is replaced', 'prompt: do $INPUTS.v', []],
    ['the environment', 'bash: echo "$INPUTS_V"', []],
  ])('of the including workflow is told where it comes to stand in %s', (_, kind, problems) => {
    const outer = wrap('outer', '- {id: c, include: checks, with: {v: $INPUTS.q}}', 'inputs: {q: {}}\n');
    const inner = wrap('checks', `- {id: a, ${kind}}`, 'inputs: {v: {required: true}}\n');
    expect(problemsOf([outer, inner], 'outer')).toEqual(problems);
  });

  it('is in the environment of the nodes of bodies', () => {
    const nodes =
      '- {id: g, loop_group: {until: x, max_iterations: 1, nodes: [{id: b, bash: echo $INPUTS.v}]}}';
    const group = node(include('1', nodes), 'c__g');
    expect(group.kind === 'loop_group' && group.body.nodes[0]).toMatchObject({
      script: { text: 'echo 1' },
      bindings: { v: { kind: 'literal', value: 1 } },
    });
  });
});

describe('is told, at the include:', () => {
  const inputs = wrap('checks', '- {id: a, bash: echo $INPUTS.o}', 'inputs: {v: {required: true}, o: {}}\n');
  const chain = (from: number) => wrap(`w${from}`, `- {id: n, include: w${from + 1}}`);

  it.each<[string, readonly string[], string[]]>([
    ['a workflow that is not there', [OUTER('')], ['5:22 INCLUDE_NOT_FOUND!']],
    [
      'a condition on what an agent of it wrote',
      [
        wrap('outer', "- {id: c, include: checks}\n- {id: a, bash: x, when: $c.output == 'ok'}"),
        wrap('checks', '- {id: p, prompt: x}'),
      ],
      ['5:28 CONDITION_ON_PROSE!'],
    ],
    ['itself', [wrap('outer', '- {id: a, include: outer}')], ['4:22 INCLUDE_CYCLE!']],
    [
      'a workflow that includes this one',
      [OUTER(''), wrap('checks', '- {id: a, include: outer}')],
      ['5:22 INCLUDE_CYCLE!'],
    ],
    [
      'a workflow in a cycle of its own',
      [OUTER(''), wrap('checks', '- {id: a, include: checks}')],
      ['5:22 INCLUDE_REFUSED!'],
    ],
    ['a workflow with errors', [OUTER(''), wrap('checks', '- {id: a}')], ['5:22 INCLUDE_REFUSED!']],
    [
      'a workflow whose result is none',
      [OUTER(''), CHECKS.replace('nodes:', 'returns: q\nnodes:')],
      ['5:22 INCLUDE_REFUSED!'],
    ],
    ['an input that it lacks', [OUTER(', with: {o: 1}'), inputs], ['5:22 INPUT_MISSING!']],
    [
      'an input that nobody gives, and one that nobody knows',
      [OUTER(', with: {v: 1, z: 2}'), inputs],
      ['5:22 INPUT_MISSING!', '5:46 INPUT_UNKNOWN!'],
    ],
    [
      'a name that there is already',
      [wrap('outer', '- {id: c__lint, bash: x}\n- {id: c, include: checks}'), CHECKS],
      ['5:10 DUPLICATE_NODE_ID!'],
    ],
    [
      'a sub-run that comes into a body',
      [
        wrap(
          'outer',
          '- {id: g, loop_group: {until: x, max_iterations: 1, nodes: [{id: c, include: checks}]}}',
        ),
        wrap('checks', '- {id: a, workflow: other}'),
      ],
      ['4:80 NODE_KIND_MISPLACED!'],
    ],
    [
      'a value that need not be there yet',
      [OUTER(', with: {v: $build.output}'), inputs.replace('$INPUTS.o', 'x')],
      ['5:40 NOT_UPSTREAM!'],
    ],
  ])('%s', (_, files, problems) => {
    expect(problemsOf(files, 'outer')).toEqual(problems);
  });

  it('a fourth level, while the three below it can be used', () => {
    const files = [chain(0), chain(1), chain(2), chain(3), wrap('w4', '- {id: a, bash: x}')];
    expect(problemsOf(files, 'w0')).toEqual(['4:22 INCLUDE_TOO_DEEP!']);
    expect(linked(files, 'w1').nodes.map(({ id }) => id)).toEqual(['n__n__n__a']);
  });
});

it('an error of an included workflow is told with its place in that file', () => {
  const [outer] = linkWorkflows(
    [
      parseWorkflow({ file: 'outer.yaml', text: OUTER('') }),
      parseWorkflow({ file: 'checks.yaml', text: wrap('checks', '- {id: a, bash: echo $q.output}') }),
    ],
    () => null,
  );
  expect(outer).toMatchObject({ kind: 'refused' });
  expect(outer?.kind === 'refused' && outer.issues.map(formatIssue)).toEqual([
    "outer.yaml:5:22 error INCLUDE_REFUSED the workflow 'checks' cannot be used itself; mend it: checks.yaml:4:24 error UNKNOWN_REFERENCE '$q.output' names no node of the workflow; there is a",
  ]);
});

describe('includes that would make too much are refused in time:', () => {
  const many = (count: number, make: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => make(index)).join('\n');
  const anyOf = (count: number, reference: string) =>
    Array.from({ length: count }, (_, index) => `${reference} == ${index}`).join(' || ');
  it.each([
    [
      'nodes',
      [
        wrap(
          'outer',
          many(1_000, (i) => `- {id: i${i}, include: a}`),
        ),
        wrap(
          'a',
          many(1_000, (i) => `- {id: i${i}, include: b}`),
        ),
        wrap('b', '- {id: n, bash: x}\n- {id: m, bash: x}'),
      ],
    ],
    [
      'text',
      [
        wrap('outer', `- {id: a, include: a, with: {x: ${'y'.repeat(100_000)}}}`),
        wrap('a', `- {id: n, bash: ${'$INPUTS.x '.repeat(100_000)}}`, 'inputs: {x: {}}\n'),
      ],
    ],
    [
      'text of what refers to them',
      [
        wrap(
          'outer',
          `- {id: ${'a'.repeat(200)}, include: a}\n- {id: n, bash: ${`$${'a'.repeat(200)}.output `.repeat(3e4)}}`,
        ),
        wrap('a', `- {id: ${'b'.repeat(250)}, include: b}`),
        wrap('b', `- {id: ${'c'.repeat(250)}, bash: x}`),
      ],
    ],
    [
      'comparisons',
      [
        wrap(
          'outer',
          `- {id: a, bash: x}\n- {id: i, include: a, depends_on: [a], when: "${anyOf(20_000, '$a.f')}"}`,
        ),
        wrap('a', `- {id: p, bash: x}\n- {id: n, bash: x, when: "${anyOf(20_000, '$p.f')}"}`),
      ],
    ],
    [
      'conditions',
      [
        wrap(
          'outer',
          `- {id: a, bash: x}\n- {id: i, include: a, depends_on: [a], when: "${anyOf(20_000, '$a.f')}"}`,
        ),
        wrap(
          'a',
          many(4_000, (i) => `- {id: n${i}, bash: x, depends_on: [${i === 0 ? '' : 'n0'}]}`),
        ),
      ],
    ],
  ])('%s', (_, files) => {
    const startedAt = performance.now();
    expect(problemsOf(files, 'outer')).toEqual([expect.stringContaining('FILE_TOO_COMPLEX!')]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
