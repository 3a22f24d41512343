import { withNodes } from './compile.js';

/** A title, the text of a file, and everything that is told about it, in order. */
export type Case = readonly [title: string, text: string, summary: readonly string[]];

/** One node whose kind and further keys stand on line 5 and below. */
export const n = (lines: string, keys = '') => withNodes(`  - id: a\n    ${lines}\n`, keys);
/** A node before it, on line 4, of another kind. */
export const after = (first: string, lines: string) =>
  withNodes(`  - {id: p, ${first}}\n  - id: a\n    ${lines}\n`);
export const SUB = 'workflow: w';
const FORMAT = 'output_format: {type: object, properties: {ok: {type: boolean}}, required: [ok]}';
export const BODY = 'nodes: [{id: b, bash: x}]';

/** Each way in which what a node does can be wrong. */
export const KIND_CASES: readonly Case[] = [
  ['a script without runtime', n('script: 1 + 1'), ['4:5 KEY_MISSING!']],
  ['a blank script of a program', n("script: ' '\n    runtime: bun"), ['5:13 VALUE_INVALID!']],
  ['an unknown runtime', n('script: x\n    runtime: node'), ['4:5 KEY_MISSING!', '6:14 VALUE_INVALID!']],
  ['packages for Bun', n('script: x\n    runtime: bun\n    deps: [requests]'), ['7:5 KEY_IGNORED']],
  [
    'what the user said, in a program that only finds it in its environment',
    n('script: f("$ARGUMENTS", $BASE_BRANCH)\n    runtime: bun'),
    ['5:16 REFERENCE_NOT_REPLACED'],
  ],
  ['a blank prompt', n("prompt: ''"), ['5:13 VALUE_INVALID!']],
  ['a command with a path', n('command: a/b'), ['5:14 VALUE_INVALID!']],
  ['a hidden command', n('command: .b'), ['5:14 VALUE_INVALID!']],
  ['a loop without end', n('loop: {prompt: x, max_iterations: 1}'), ['5:11 KEY_MISSING!']],
  ['a loop without limit', n('loop: {prompt: x, until: y}'), ['5:11 KEY_MISSING!']],
  ['a loop of no iteration', n('loop: {prompt: x, until: y, max_iterations: 0}'), ['5:49 VALUE_INVALID!']],
  ['a loop without prompt', n('loop: {until: y, max_iterations: 1}'), ['5:11 KEY_MISSING!']],
  [
    'a loop with prompt and command',
    n('loop: {prompt: x, command: y, until: y, max_iterations: 1}'),
    ['5:23 KEYS_EXCLUSIVE!'],
  ],
  [
    'a loop that ends by an undeclared field',
    n('loop: {prompt: x, until_field: ok, max_iterations: 1}'),
    ['5:36 FIELD_NOT_BOOLEAN!'],
  ],
  [
    'a loop that ends by a declared boolean',
    n(`loop: {prompt: x, until_field: ok, max_iterations: 1}\n    ${FORMAT}`),
    [],
  ],
  [
    'an interactive loop that asks nothing',
    n('loop: {prompt: x, until: y, max_iterations: 1, interactive: true}', 'interactive: true'),
    ['5:65 KEY_MISSING!'],
  ],
  [
    'keys of an interactive loop on another',
    n('loop: {prompt: x, until: y, max_iterations: 1, gate_message: m, signal_completes: true}'),
    ['5:52 KEY_IGNORED', '5:69 KEY_IGNORED'],
  ],
  [
    'an interactive loop that the workflow does not declare',
    n('loop: {prompt: x, until: y, max_iterations: 1, interactive: true, gate_message: m}'),
    ['5:5 INTERACTIVE_UNDECLARED'],
  ],
  [
    'retry on a loop',
    n('loop: {prompt: x, until: y, max_iterations: 1}\n    retry: {max_attempts: 1}'),
    ['6:5 KEY_REFUSED!'],
  ],
  [
    'a model on a loop, which counts',
    n('loop: {prompt: x, until: y, max_iterations: 1}\n    model: large'),
    [],
  ],
  ['a loop_group without nodes', n('loop_group: {until: x, max_iterations: 1}'), ['5:17 KEY_MISSING!']],
  ['an empty loop_group', n('loop_group: {until: x, max_iterations: 1, nodes: []}'), ['5:54 VALUE_INVALID!']],
  ['a loop_group without end', n(`loop_group: {max_iterations: 1, ${BODY}}`), ['5:17 KEY_MISSING!']],
  [
    'retry on a loop_group',
    n(`loop_group: {until: x, max_iterations: 1, ${BODY}}\n    retry: {max_attempts: 1}`),
    ['6:5 KEY_REFUSED!'],
  ],
  [
    'output_format on a loop_group',
    n(`loop_group: {until: x, max_iterations: 1, ${BODY}}\n    ${FORMAT}`),
    ['6:5 KEY_IGNORED'],
  ],
  [
    'a body node with an unknown key',
    n('loop_group: {until: x, max_iterations: 1, nodes: [{id: b, bash: x, foo: 1}]}'),
    ['5:72 KEY_UNKNOWN'],
  ],
  [
    'a body node that hides its group',
    n('loop_group: {until: x, max_iterations: 1, nodes: [{id: a, bash: x}]}'),
    ['5:60 NODE_ID_SHADOWED!'],
  ],
  [
    'a body node that hides a node beside its group',
    after('bash: x', 'loop_group: {until: x, max_iterations: 1, nodes: [{id: p, bash: x}]}'),
    ['6:60 NODE_ID_SHADOWED!'],
  ],
  [
    'bodies beside each other with the same ids',
    withNodes(
      ['a', 'c']
        .map((id) => `  - {id: ${id}, loop_group: {until: x, max_iterations: 1, ${BODY}}}`)
        .join('\n'),
    ),
    [],
  ],
  [
    'a body node that waits for one outside',
    after('bash: x', 'loop_group: {until: x, max_iterations: 1, nodes: [{id: b, bash: x, depends_on: [p]}]}'),
    ['6:85 UNKNOWN_DEPENDENCY!'],
  ],
  [
    'body nodes that wait for each other',
    n('loop_group: {until: x, max_iterations: 1, nodes: [{id: b, bash: x, depends_on: [b]}]}'),
    ['5:72 DEPENDENCY_CYCLE!'],
  ],
  [
    'a sub-run in a body',
    n(`loop_group: {until: x, max_iterations: 1, nodes: [{id: b, ${SUB}}]}`),
    ['5:63 NODE_KIND_MISPLACED!'],
  ],
  [
    'a body that refers to nodes outside, inside and before',
    after(
      'bash: x',
      'depends_on: [p]\n    loop_group:\n      until_bash: test "$LOOP_PREV_OUTPUT" = $b.output\n      max_iterations: 1\n      nodes: [{id: b, bash: echo $p.output $LOOP_PREV.b.output.f}]',
    ),
    [],
  ],
  [
    'the iteration before, outside of a body',
    n('bash: echo $LOOP_PREV.a.output'),
    ['5:16 UNKNOWN_REFERENCE!'],
  ],
  [
    'the iteration before of a node outside',
    after(
      'bash: x',
      'loop_group: {until: x, max_iterations: 1, nodes: [{id: b, bash: echo $LOOP_PREV.p.output}]}',
    ),
    ['6:74 UNKNOWN_REFERENCE!'],
  ],
  [
    'a node of a body, from outside',
    withNodes(
      `  - {id: p, bash: x}\n  - id: a\n    loop_group: {until: x, max_iterations: 1, ${BODY}}\n  - {id: c, bash: echo $b.output}\n`,
    ),
    ['7:24 UNKNOWN_REFERENCE!'],
  ],
  ['retry on a sub-run', n(`${SUB}\n    retry: {max_attempts: 1}`), ['6:5 KEY_REFUSED!']],
  ['always_run on a sub-run', n(`${SUB}\n    always_run: true`), ['6:5 KEY_IGNORED']],
  ['input and with', n(`${SUB}\n    input: x\n    with: {y: z}`), ['6:5 KEYS_EXCLUSIVE!']],
  ['an unknown isolation', n(`${SUB}\n    isolation: container`), ['6:16 VALUE_INVALID!']],
  ['a fan-out of nothing', n(`${SUB}\n    fan_out: {as: x}`), ['6:14 KEY_MISSING!']],
  [
    'a fan-out with the join that is no more',
    n(`${SUB}\n    fan_out: {items: '[]', join: first_success, max_parallel: 0}`),
    ['6:34 VALUE_INVALID!', '6:63 VALUE_INVALID!'],
  ],
  [
    'an input where each item is the input',
    n(`${SUB}\n    input: x\n    fan_out: {items: '[]'}`),
    ['6:5 KEY_IGNORED'],
  ],
  [
    'a list from a node that need not have run',
    after('bash: x', `${SUB}\n    fan_out: {items: $p.output}`),
    ['7:22 NOT_UPSTREAM!'],
  ],
  [
    'decisions and on_reject',
    n('approval: {message: x, decisions: [{id: approve}], on_reject: {prompt: y}}', 'interactive: true'),
    ['5:56 KEYS_EXCLUSIVE!'],
  ],
  [
    'on_reject',
    n('approval: {message: x, on_reject: {prompt: y, max_attempts: 11}}', 'interactive: true'),
    ['5:65 VALUE_INVALID!'],
  ],
  [
    'a deprecated on_reject',
    n('approval: {message: x, on_reject: {prompt: y, foo: 1}}', 'interactive: true'),
    ['5:28 KEY_DEPRECATED', '5:51 KEY_UNKNOWN'],
  ],
  [
    'isolation on an include',
    n('include: q\n    isolation: worktree'),
    ['5:14 INCLUDE_NOT_FOUND!', '6:5 KEY_REFUSED!'],
  ],
  [
    'what only a workflow has on an include',
    n('include: q\n    mutates_checkout: false'),
    ['5:14 INCLUDE_NOT_FOUND!', '6:5 KEY_REFUSED!', '6:5 KEY_UNKNOWN'],
  ],
];

/** Each way in which a key of a node can be wrong. */
export const KEY_CASES: readonly Case[] = [
  ['an agent key on bash', n('bash: x\n    model: small'), ['6:5 KEY_IGNORED']],
  ['a wrong agent key on bash', n('bash: x\n    model: 5'), ['6:5 KEY_IGNORED', '6:12 VALUE_INVALID!']],
  ['with on bash', n('bash: x\n    with: {y: z}'), ['6:5 KEY_IGNORED']],
  ['a model that is no text', n('prompt: x\n    model: 5'), ['6:12 VALUE_INVALID!']],
  ['an unknown provider', n('prompt: x\n    provider: gpt'), ['6:15 VALUE_INVALID!']],
  ['an unknown effort', n('prompt: x\n    effort: huge'), ['6:13 VALUE_INVALID!']],
  ['an unknown way of thinking', n('prompt: x\n    thinking: slow'), ['6:15 VALUE_INVALID!']],
  ['a way of thinking with a budget', n('prompt: x\n    thinking: {type: enabled, budgetTokens: 5}'), []],
  ['an unknown hook', n('prompt: x\n    hooks: {preToolUse: []}'), ['6:25 VALUE_INVALID!']],
  [
    'an unknown key of a hook',
    n('prompt: x\n    hooks: {Stop: [{response: {}, command: x}]}'),
    ['6:44 VALUE_INVALID!'],
  ],
  ['a hook without response', n('prompt: x\n    hooks: {Stop: [{}]}'), ['6:20 KEY_MISSING!']],
  [
    'an agent of a wrong name',
    n('prompt: x\n    agents: {A: {description: x, prompt: y}}'),
    ['6:17 VALUE_INVALID!'],
  ],
  ['no agents', n('prompt: x\n    agents: {}'), ['6:13 VALUE_INVALID!']],
  [
    'an agent without prompt, with an unknown key',
    n('prompt: x\n    agents: {a: {description: x, foo: y}}'),
    ['6:17 KEY_MISSING!', '6:34 KEY_UNKNOWN'],
  ],
  [
    'an unknown key of context',
    after('prompt: x', 'prompt: x\n    depends_on: [p]\n    context: {resume: p, foo: y}'),
    ['8:26 KEY_UNKNOWN'],
  ],
  ['a context that is none', n('prompt: x\n    context: new'), ['6:14 VALUE_INVALID!']],
  [
    'an unknown key of a loop',
    n('loop: {prompt: x, until: y, max_iterations: 1, foo: z}'),
    ['5:52 KEY_UNKNOWN'],
  ],
  [
    'an unknown key of a loop_group',
    n(`loop_group: {until: x, max_iterations: 1, foo: z, ${BODY}}`),
    ['5:47 KEY_UNKNOWN'],
  ],
  ['an unknown key of a fan-out', n(`${SUB}\n    fan_out: {items: '[]', foo: z}`), ['6:28 KEY_UNKNOWN']],
  ['an unknown key of pi', n('prompt: x\n    pi: {foo: y}'), ['6:10 KEY_UNKNOWN']],
  ['a budget of nothing', n('prompt: x\n    maxBudgetUsd: 0'), ['6:19 VALUE_INVALID!']],
  ['an idle timeout of nothing', n('prompt: x\n    idle_timeout: 0'), ['6:19 VALUE_INVALID!']],
  ['the session of no node', n('prompt: x\n    context: {resume: q}'), ['6:23 SESSION_UNUSABLE!']],
  [
    'the session of a node without one',
    after('bash: x', 'prompt: x\n    depends_on: [p]\n    context: {resume: p}'),
    ['8:23 SESSION_UNUSABLE!'],
  ],
  [
    'the session of a node that need not have run',
    after('prompt: x', 'prompt: x\n    context: {resume: p}'),
    ['7:23 SESSION_UNUSABLE!'],
  ],
  [
    'the session of another provider',
    after('prompt: x, provider: pi', 'prompt: x\n    depends_on: [p]\n    context: {resume: p}'),
    ['8:23 SESSION_UNUSABLE!'],
  ],
  [
    'a session of a provider whose sessions cannot be shared',
    after(
      'prompt: x, provider: codex',
      'prompt: x\n    provider: codex\n    depends_on: [p]\n    context: {resume: p}',
    ),
    ['9:23 SESSION_UNUSABLE!'],
  ],
  [
    'a session that goes on',
    after('prompt: x', 'prompt: x\n    depends_on: [p]\n    context: {resume: p}'),
    [],
  ],
  [
    'a session in a body',
    n(
      'loop_group: {until: x, max_iterations: 1, nodes: [{id: b, prompt: x}, {id: c, prompt: x, depends_on: [b], context: {resume: b}}]}',
    ),
    ['5:129 SESSION_UNUSABLE!'],
  ],
  ['a value of a wrong name', n('script: x\n    runtime: bun\n    with: {1x: y}'), ['7:16 VALUE_INVALID!']],
  [
    'a value that is a map of something else',
    n('script: x\n    runtime: bun\n    with: {y: {foo: 1}}'),
    ['7:21 VALUE_INVALID!'],
  ],
  [
    'a value from more than one reference',
    after('bash: x', 'script: x\n    depends_on: [p]\n    runtime: bun\n    with: {y: {from: is $p.output}}'),
    ['9:22 VALUE_INVALID!'],
  ],
  [
    'a value from a node that need not have run',
    after('bash: x', 'script: x\n    runtime: bun\n    with: {y: $p.output}'),
    ['8:15 NOT_UPSTREAM!'],
  ],
  [
    'values of all sorts',
    after(
      'bash: x',
      "script: x\n    depends_on: [p]\n    runtime: bun\n    with: {y: 'v$p.output', z: {from: $p.output.f, if_skipped: null}, l: [1]}",
    ),
    [],
  ],
  ['an output_format that is no map', n('prompt: x\n    output_format: json'), ['6:20 VALUE_INVALID!']],
  [
    'all that an agent wrote, in a condition',
    withNodes("  - {id: p, prompt: x}\n  - id: a\n    bash: x\n    when: $p.output == 'ok'\n"),
    ['7:11 CONDITION_ON_PROSE!'],
  ],
  [
    'all that a loop wrote, in a condition',
    withNodes(
      `  - id: p\n    loop_group: {until: x, max_iterations: 1, ${BODY}}\n  - id: a\n    bash: x\n    when: $p.output == 'ok'\n`,
    ),
    ['8:11 CONDITION_ON_PROSE!'],
  ],
  [
    'a declared field in a condition',
    withNodes(
      `  - {id: p, prompt: x, ${FORMAT}}\n  - id: a\n    bash: x\n    when: $p.output.ok == 'true'\n`,
    ),
    [],
  ],
  [
    'an undeclared field',
    withNodes(`  - {id: p, prompt: x, ${FORMAT}}\n  - {id: a, bash: echo $p.output.okay}\n`),
    ['5:33 FIELD_UNDECLARED'],
  ],
  ['an unknown node in a prompt', n('prompt: x $q.output'), ['5:15 UNKNOWN_REFERENCE!']],
  [
    'an unknown node in a system prompt',
    n('prompt: x\n    systemPrompt: $q.output'),
    ['6:19 UNKNOWN_REFERENCE!'],
  ],
  [
    'an unknown node in what an agent is told of another',
    n('prompt: x\n    agents: {b: {description: $q.output, prompt: $q.output}}'),
    ['6:31 UNKNOWN_REFERENCE!', '6:50 UNKNOWN_REFERENCE!'],
  ],
  ['an unknown node in a script', n('script: f($q.output)\n    runtime: bun'), ['5:15 UNKNOWN_REFERENCE!']],
  ['an unknown node in with', n('command: x\n    with: {y: $q.output}'), ['6:15 UNKNOWN_REFERENCE!']],
  ['an unknown node in input', n(`${SUB}\n    input: $q.output`), ['6:12 UNKNOWN_REFERENCE!']],
  [
    'an unknown node in fan_out.items',
    n(`${SUB}\n    fan_out: {items: $q.output}`),
    ['6:22 UNKNOWN_REFERENCE!'],
  ],
  [
    'an unknown node in on_reject',
    n('approval: {message: x, on_reject: {prompt: $q.output}}', 'interactive: true'),
    ['5:28 KEY_DEPRECATED', '5:48 UNKNOWN_REFERENCE!'],
  ],
  [
    'an unknown node in a loop',
    n('loop: {prompt: $q.output, until_bash: test $r.output, max_iterations: 1}'),
    ['5:20 UNKNOWN_REFERENCE!', '5:48 UNKNOWN_REFERENCE!'],
  ],
  ['an undeclared input in a prompt', n('prompt: x $INPUTS.q'), ['5:15 UNKNOWN_REFERENCE!']],
  ['an input of the node itself', n('command: x\n    with: {q: 1}\n    systemPrompt: $INPUTS.q'), []],
];

const MINIMAL = '  - id: a\n    bash: "true"\n';
/** A workflow of one node and these keys, which begin on line 6. */
const w = (keys: string) => withNodes(MINIMAL, keys);

/** Each way in which a key of the workflow can be wrong. */
export const WORKFLOW_CASES: readonly Case[] = [
  ['an unknown provider of the workflow', w('provider: gpt'), ['6:11 VALUE_INVALID!']],
  ['a provider of the workflow that is no text', w('provider: 5'), ['6:11 VALUE_IGNORED']],
  ['a model of the workflow that is no text', w('model: 5'), ['6:8 VALUE_IGNORED']],
  ['an unknown effort of the workflow', w('effort: huge'), ['6:9 VALUE_IGNORED']],
  ['the older name of effort', w('modelReasoningEffort: high'), ['6:1 KEY_DEPRECATED']],
  ['a wrong older name of effort', w('modelReasoningEffort: max'), ['6:23 VALUE_IGNORED']],
  ['an unknown way to search', w('webSearchMode: on'), ['6:16 VALUE_IGNORED']],
  [
    'wrong settings for Claude',
    w('betas: []\nsandbox: x\nthinking: x\nfallbackModel: 1'),
    ['6:8 VALUE_IGNORED', '7:10 VALUE_IGNORED', '8:11 VALUE_IGNORED', '9:16 VALUE_IGNORED'],
  ],
  ['persist_sessions that is no boolean', w('persist_sessions: always'), ['6:19 VALUE_IGNORED']],
  ['worktree without word', w('worktree: {}'), ['6:11 VALUE_IGNORED']],
  ['worktree that is no map', w('worktree: true'), ['6:11 VALUE_IGNORED']],
  ['an unknown key of worktree', w('worktree: {enabled: true, path: x}'), ['6:27 KEY_UNKNOWN']],
  ['mutates_checkout that is no boolean', w('mutates_checkout: no'), ['6:19 VALUE_IGNORED']],
  ['a container', w('container: {enabled: true}'), ['6:1 CONTAINER_UNSUPPORTED!']],
  ['no container', w('container: {enabled: false}'), []],
  ['more about no container', w('container: {enabled: false, image: x}'), ['6:29 KEY_IGNORED']],
  ['a container that is no map', w('container: docker'), ['6:1 CONTAINER_UNSUPPORTED!']],
  ['an evidence policy that is no map', w('evidence_policy: true'), ['6:18 VALUE_INVALID!']],
  [
    'a wrong and an unknown key of the evidence policy',
    w('evidence_policy: {required: yes, path: x}'),
    ['6:29 VALUE_INVALID!', '6:34 KEY_UNKNOWN'],
  ],
  ['an empty evidence policy', w('evidence_policy: {}'), ['6:18 KEY_MISSING!']],
  ['an unknown account', w('requires: [github, gitlab]'), ['6:20 VALUE_IGNORED']],
  ['an account that is no text', w('requires: [5, github]'), ['6:12 VALUE_IGNORED']],
  ['a tag that is no text', w('tags: [a, {b: c}]'), ['6:11 VALUE_IGNORED']],
  ['requires that is no list', w('requires: github'), ['6:11 VALUE_IGNORED']],
  ['a blank result', w("returns: ' '"), ['6:10 VALUE_INVALID!']],
  ['a result that is no text', w('returns: 5'), ['6:10 VALUE_INVALID!']],
  [
    'a result from a body',
    withNodes(`  - {id: a, loop_group: {until: x, max_iterations: 1, ${BODY}}}\n`, 'returns: b\n'),
    ['5:10 UNKNOWN_REFERENCE!'],
  ],
  ['a result of no node', w('returns: q'), ['6:10 UNKNOWN_REFERENCE!']],
  ['an outcome without result', w('outcome_field: ok'), ['6:16 KEY_MISSING!']],
  ['an outcome that is not declared', w('returns: a\noutcome_field: ok'), ['7:16 FIELD_NOT_BOOLEAN!']],
  ...[
    ['is not required', '{type: object, properties: {ok: {type: boolean}}}'],
    ['is no boolean', '{type: object, properties: {ok: {type: string}}, required: [ok]}'],
    ['is of no object', '{type: array, properties: {ok: {type: boolean}}, required: [ok]}'],
  ].map(([what, format]): Case => [
    `an outcome that ${what}`,
    withNodes(`  - {id: a, bash: x, output_format: ${format}}\n`, 'returns: a\noutcome_field: ok\n'),
    ['6:16 FIELD_NOT_BOOLEAN!'],
  ]),
  [
    'the outcome of a loop',
    withNodes(
      `  - {id: a, loop_group: {until: x, max_iterations: 1, ${BODY}}, ${FORMAT}}\n`,
      'returns: a\noutcome_field: ok\n',
    ),
    ['4:83 KEY_IGNORED', '6:16 FIELD_NOT_BOOLEAN!'],
  ],
  [
    'the outcome of a list',
    withNodes(`  - {id: a, ${SUB}, ${FORMAT}, fan_out: {items: '[]'}}\n`, 'returns: a\noutcome_field: ok\n'),
    ['6:16 FIELD_NOT_BOOLEAN!'],
  ],
  ['an outcome', withNodes(`  - {id: a, bash: x, ${FORMAT}}\n`, 'returns: a\noutcome_field: ok\n'), []],
];
