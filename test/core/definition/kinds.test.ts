import { describe, expect, it } from 'vitest';
import type { Node } from '../../../src/core/definition/definition.js';
import { definitionOf, withNodes } from './compile.js';

const FORMAT = '{type: object, properties: {ok: {type: boolean}}, required: [ok]}';

/** The node `a` of a workflow of these nodes. */
function a(nodes: string, keys = ''): Node {
  const indented = nodes.trimEnd().replaceAll(/^/gm, '  ');
  return definitionOf(withNodes(`${indented}\n`, keys)).nodes.find(({ id }) => id === 'a')!;
}

describe('a script', () => {
  it.each([
    'console.log(1)',
    'import x',
    'a;b',
    'f()',
    'x|y',
    'x&y',
    '$x',
    '`x`',
    'say "x"',
    "say 'x'",
    'a>b',
    'a\\b',
    '{}',
  ])('%j is a program', (script) => {
    expect(a(`- {id: a, script: ${JSON.stringify(script)}, runtime: bun}`)).toMatchObject({
      kind: 'script',
      source: { kind: 'inline', text: { kind: 'inline', text: script } },
    });
  });

  it.each(['check', 'check-links', 'a_b.c'])('%j is the name of one', (script) => {
    expect(a(`- {id: a, script: ${script}, runtime: uv}`)).toMatchObject({
      source: { kind: 'named', name: script },
    });
  });

  it('has all that it takes', () => {
    const node = a(
      `- {id: p, bash: x}
- id: a
  script: |
    print($p.output)
  runtime: uv
  deps: [requests, rich]
  depends_on: [p]
  timeout: 5000.2
  retry: {max_attempts: 1}
  always_run: true
  output_type: plan
  output_format: ${FORMAT}
  with: {x: $p.output.f, y: 'v $p.output.g', z: {from: $p.output, if_skipped: [1]}, n: 3}`,
    );
    expect(node).toEqual({
      id: 'a',
      kind: 'script',
      description: null,
      dependsOn: [0],
      layer: 1,
      when: null,
      triggerRule: 'all_success',
      source: { kind: 'inline', text: { kind: 'inline', text: 'print($p.output)' } },
      runtime: 'uv',
      deps: ['requests', 'rich'],
      timeoutMs: 5_001,
      retry: { maxAttempts: 1, delayMs: 3_000, onError: 'transient' },
      alwaysRun: true,
      outputType: 'plan',
      outputFormat: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
      bindings: {
        x: { kind: 'reference', reference: { kind: 'node', nodeId: 'p', field: 'f' } },
        y: { kind: 'template', text: 'v $p.output.g' },
        z: { kind: 'reference', reference: { kind: 'node', nodeId: 'p', field: null }, ifSkipped: [1] },
        n: { kind: 'literal', value: 3 },
      },
      references: expect.arrayContaining([
        { kind: 'node', nodeId: 'p', field: 'f' },
        { kind: 'node', nodeId: 'p', field: 'g' },
        { kind: 'node', nodeId: 'p', field: null },
      ]),
      fieldsRead: [],
    });
  });
});

describe('a loop_group', () => {
  const text = withNodes(
    `  - {id: p, bash: x}
  - id: g
    depends_on: [p]
    model: large
    loop_group:
      until: DONE
      until_bash: test $c.output.n = 1 && test $LOOP_PREV.b.output.m
      max_iterations: 7
      fresh_context: true
      interactive: true
      gate_message: Good enough?
      signal_completes: true
      nodes:
        - {id: b, bash: echo $p.output.f $LOOP_PREV.c.output.k}
        - {id: c, prompt: x $b.output.h, depends_on: [b], when: $p.output.w == 'x'}
        - id: inner
          depends_on: [c]
          loop_group: {until: OK, max_iterations: 2, nodes: [{id: d, bash: echo $p.output.deep $b.output.e}]}
`,
    'interactive: true\nschedule: dataflow\nprovider: claude\n',
  );
  const definition = definitionOf(text);
  const [p, g] = definition.nodes;
  const body = g?.kind === 'loop_group' ? g.body : { nodes: [], schedule: null };

  it('has its rules', () => {
    expect(g).toMatchObject({
      kind: 'loop_group',
      rules: {
        until: 'DONE',
        untilBash: { text: 'test $c.output.n = 1 && test $LOOP_PREV.b.output.m' },
        maxIterations: 7,
        freshContext: true,
        isInteractive: true,
        gateMessage: 'Good enough?',
        signalCompletes: true,
      },
    });
  });

  it('has a graph of its own, with the schedule of the workflow', () => {
    expect(body.schedule).toBe('dataflow');
    expect(body.nodes.map(({ id, layer, dependsOn }) => ({ id, layer, dependsOn }))).toEqual([
      { id: 'b', layer: 0, dependsOn: [] },
      { id: 'c', layer: 1, dependsOn: [0] },
      { id: 'inner', layer: 2, dependsOn: [1] },
    ]);
  });

  it('refers to what its body refers to outside', () => {
    expect(g?.references).toEqual(
      expect.arrayContaining([
        { kind: 'node', nodeId: 'p', field: 'f' },
        { kind: 'node', nodeId: 'p', field: 'w' },
        { kind: 'node', nodeId: 'p', field: 'deep' },
      ]),
    );
    expect(body.nodes[2]?.references).toEqual(
      expect.arrayContaining([{ kind: 'node', nodeId: 'b', field: 'e' }]),
    );
  });

  it('has the fields that are read of each node, wherever they are read', () => {
    expect([...(p?.fieldsRead ?? [])].sort()).toEqual(['deep', 'f', 'w']);
    expect([...(body.nodes[0]?.fieldsRead ?? [])].sort()).toEqual(['e', 'h', 'm']);
    expect([...(body.nodes[1]?.fieldsRead ?? [])].sort()).toEqual(['k', 'n']);
  });

  it('hands settings down to the agents of its body, its own before those of the workflow', () => {
    expect(body.nodes[1]).toMatchObject({ settings: { provider: 'claude', model: 'large' } });
  });
});

describe('a sub-run', () => {
  it('has its defaults', () => {
    expect(a('- {id: a, workflow: fix}')).toMatchObject({
      kind: 'workflow',
      target: 'fix',
      input: '',
      isolation: 'inherit',
      fanOut: null,
    });
  });

  it('has all that it takes, and maps as values', () => {
    const node = a(
      `- {id: p, bash: x}\n- {id: a, workflow: fix, depends_on: [p], isolation: worktree, output_format: ${FORMAT}, with: {o: {k: 1}, r: {from: $p.output}}, fan_out: {items: $p.output.list, as: item, max_parallel: 3, join: all_success}}`,
    );
    expect(node).toMatchObject({
      isolation: 'worktree',
      fanOut: { items: '$p.output.list', as: 'item', maxParallel: 3, join: 'all_success' },
      bindings: { o: { kind: 'literal', value: { k: 1 } }, r: { kind: 'reference' } },
      outputFormat: { type: 'object' },
    });
    const all = a('- {id: a, workflow: fix, fan_out: {items: "[]"}}');
    expect(all).toMatchObject({ fanOut: { as: null, maxParallel: 5, join: 'all_done' } });
  });
});

describe('an agent', () => {
  it('has its text, its settings as written, and tries again by itself', () => {
    expect(a('- {id: a, prompt: Go., model: small, thinking: adaptive, allowed_tools: []}')).toMatchObject({
      kind: 'agent',
      prompt: { kind: 'inline', text: { text: 'Go.' } },
      settings: { model: 'small', thinking: 'adaptive', allowed_tools: [] },
      idleTimeoutMs: 1_800_000,
      retry: { maxAttempts: 2, delayMs: 3_000, onError: 'transient' },
    });
    expect(a('- {id: a, command: go, idle_timeout: 5, retry: {max_attempts: 1}}')).toMatchObject({
      prompt: { kind: 'command', name: 'go', text: null },
      idleTimeoutMs: 5,
      retry: { maxAttempts: 1 },
    });
  });

  it('in a loop has rules, and reads the field that ends it', () => {
    expect(
      a(
        `- {id: a, loop: {prompt: Go., until_field: ok, max_iterations: 3}, output_format: ${FORMAT}, model: large}`,
      ),
    ).toMatchObject({
      kind: 'loop',
      settings: { model: 'large' },
      rules: { until: null, untilBash: null, maxIterations: 3 },
      untilField: 'ok',
      fieldsRead: ['ok'],
    });
  });

  it('has what the workflow says, unless it has its own', () => {
    const keys =
      'provider: claude\nmodel: large\nmodelReasoningEffort: high\nwebSearchMode: live\npersist_sessions: true\n';
    const settings = (own: string) => {
      const node = a(`- {id: a, prompt: x${own}}`, keys);
      return node.kind === 'agent' ? node.settings : null;
    };
    expect(settings('')).toEqual({
      provider: 'claude',
      model: 'large',
      effort: 'high',
      webSearchMode: 'live',
      persist_session: true,
    });
    expect(settings(', effort: low, persist_session: false')).toMatchObject({
      effort: 'low',
      persist_session: false,
    });
    expect(settings(', provider: codex')).not.toHaveProperty('model');
    expect(settings(', provider: claude')).toMatchObject({ model: 'large' });
  });
});

it('a gate may let an agent mend what was rejected', () => {
  const gate = '- {id: a, approval: {message: ok?, on_reject: {prompt: Mend $REJECTION_REASON}}}';
  expect(a(gate, 'interactive: true\n')).toMatchObject({
    onReject: { prompt: { text: 'Mend $REJECTION_REASON' }, maxAttempts: 3 },
  });
});

it('a workflow has its further keys', () => {
  const keys =
    'mutates_checkout: false\nworktree: {enabled: true}\nevidence_policy: {required: true}\nrequires: [github, github]\nreturns: a\noutcome_field: ok\n';
  const definition = definitionOf(withNodes(`  - {id: a, bash: x, output_format: ${FORMAT}}\n`, keys));
  expect(definition).toMatchObject({
    mutatesCheckout: false,
    worktree: true,
    requiresEvidence: true,
    requires: ['github'],
    returns: 'a',
    outcomeField: 'ok',
  });
  expect(definition.nodes[0]?.fieldsRead).toEqual(['ok']);
});

it('an entry of a list that does not count takes no other with it', () => {
  const definition = definitionOf(
    withNodes('  - {id: a, bash: x}\n', 'requires: [github, 5]\ntags: [one, {two: 3}]\n'),
  );
  expect(definition).toMatchObject({ requires: ['github'], tags: ['one'] });
});

it('effort outweighs its older name', () => {
  const keys = 'effort: low\nmodelReasoningEffort: high\n';
  expect(a('- {id: a, prompt: x}', keys)).toMatchObject({ settings: { effort: 'low' } });
});

it('agents of bodies go on with no former session for the workflow’s sake', () => {
  const group = a(
    '- {id: a, loop_group: {until: x, max_iterations: 1, nodes: [{id: b, prompt: x}]}}',
    'persist_sessions: true\n',
  );
  expect(group.kind === 'loop_group' && group.body.nodes[0]).not.toMatchObject({
    settings: { persist_session: true },
  });
});

describe('a text is taken', () => {
  const text = "'  one two  '";
  it.each([
    ['trimmed in bash', `bash: ${text}`, { script: { text: 'one two' } }],
    ['trimmed in prompt', `prompt: ${text}`, { prompt: { text: { text: 'one two' } } }],
    ['trimmed in script', `script: ${text}, runtime: uv`, { source: { text: { text: 'one two' } } }],
    ['trimmed in command', "command: ' one '", { prompt: { name: 'one' } }],
    ['trimmed in cancel', `cancel: ${text}`, { reason: { text: 'one two' } }],
    ['trimmed in workflow', "workflow: ' one '", { target: 'one' }],
    ['as it is in a message', `approval: {message: ${text}}`, { message: { text: '  one two  ' } }],
    [
      'as it is in a loop',
      `loop: {prompt: ${text}, until: x, max_iterations: 1}`,
      { prompt: { text: { text: '  one two  ' } } },
    ],
  ])('%s', (_, kind, expected) => {
    expect(a(`- {id: a, ${kind}}`)).toMatchObject(expected);
  });
});

it('a definition of every kind survives JSON unchanged', () => {
  const definition = definitionOf(
    withNodes(
      '  - {id: a, workflow: w, fan_out: {items: "[]"}}\n  - {id: b, prompt: x, agents: {c: {description: d, prompt: p}}}\n  - {id: g, loop_group: {until: x, max_iterations: 1, nodes: [{id: s, script: x, runtime: bun}]}}\n',
    ),
  );
  expect(JSON.parse(JSON.stringify(definition))).toEqual(definition);
});
