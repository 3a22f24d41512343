import { after, BODY, n, SUB, type Case } from './language-cases.js';

const GROUP = (keys: string) => n(`loop_group: {max_iterations: 1, ${BODY}, ${keys}}`);

/** Keys of a node with values that they do not take. */
export const VALUE_CASES: readonly Case[] = [
  ...(
    [
      ['a blank command', 'command: /', '5:14'],
      ['a blank name of an include', "include: ''", '5:14'],
      ['a blank name of a sub-run', "workflow: ' '", '5:15'],
      ['an input that is no text', `${SUB}\n    input: 5`, '6:12'],
      ['a blank signal', "loop: {prompt: x, until: ' ', max_iterations: 1}", '5:30'],
      ['a blank until_bash', "loop: {prompt: x, until_bash: '', max_iterations: 1}", '5:35'],
      ['a blank until_field', "loop: {prompt: x, until_field: '', max_iterations: 1}", '5:36'],
      ['half an iteration', 'loop: {prompt: x, until: y, max_iterations: 1.5}', '5:49'],
      ['fresh_context', 'loop: {prompt: x, until: y, max_iterations: 1, fresh_context: 1}', '5:67'],
      ['decisions that are no list', 'approval: {message: x, decisions: approve}', '5:39'],
      ['a label', 'approval: {message: x, decisions: [{id: approve, label: 5}]}', '5:61'],
      ['a blank rework', "approval: {message: x, on_reject: {prompt: ''}}", '5:48'],
      ['packages that are no list', 'script: x\n    runtime: uv\n    deps: requests', '7:11'],
      ['values that are no map', 'script: x\n    runtime: uv\n    with: [1]', '7:11'],
      ['an item without name', `${SUB}\n    fan_out: {items: '[]', as: 1x}`, '6:32'],
      ['items that are a list', `${SUB}\n    fan_out: {items: [1]}`, '6:22'],
      ['half a child', `${SUB}\n    fan_out: {items: '[]', max_parallel: 1.5}`, '6:42'],
      ['always_run', 'bash: x\n    always_run: often', '6:17'],
      ['a blank output_type', "bash: x\n    output_type: ''", '6:18'],
      ['persist_session', 'prompt: x\n    persist_session: 5', '6:22'],
      ['allowed_tools', 'prompt: x\n    allowed_tools: Read', '6:20'],
      ['denied_tools', 'prompt: x\n    denied_tools: [1]', '6:20'],
      ['skills', 'prompt: x\n    skills: a', '6:13'],
      ['mcp', 'prompt: x\n    mcp: 1', '6:10'],
      ['betas', 'prompt: x\n    betas: a', '6:12'],
      ['sandbox', 'prompt: x\n    sandbox: a', '6:14'],
      ['fallbackModel', 'prompt: x\n    fallbackModel: 1', '6:20'],
      ['systemPrompt', 'prompt: x\n    systemPrompt: 1', '6:19'],
      ['settingSources', 'prompt: x\n    settingSources: [local]', '6:22'],
      ['a matcher', 'prompt: x\n    hooks: {Stop: [{response: {}, matcher: 5}]}', '6:44'],
      ['the time of a hook', 'prompt: x\n    hooks: {Stop: [{response: {}, timeout: 0}]}', '6:44'],
      ['pi', 'prompt: x\n    pi: 1', '6:9'],
      ['turns', 'prompt: x\n    agents: {a: {description: x, prompt: y, maxTurns: 0}}', '6:55'],
      ['a blank agent', "prompt: x\n    agents: {a: {description: x, prompt: ''}}", '6:42'],
    ] as const
  ).map(([what, lines, at]): Case => [
    `${what}, of a sort that is not taken`,
    n(lines, 'interactive: true'),
    [`${at} VALUE_INVALID!`],
  ]),
  ['a blank signal of a group', GROUP("until: ''"), ['5:71 VALUE_INVALID!']],
  ['an unknown node in until_bash', GROUP('until_bash: test $q.output'), ['5:81 UNKNOWN_REFERENCE!']],
  ['a provider beside a body', GROUP('until: x, provider: gpt'), ['5:74 KEY_UNKNOWN']],
  [
    'a sub-run in the body of a body',
    n(
      `loop_group: {until: x, max_iterations: 1, nodes: [{id: g, loop_group: {until: x, max_iterations: 1, nodes: [{id: b, ${SUB}}]}}]}`,
    ),
    ['5:121 NODE_KIND_MISPLACED!'],
  ],
  [
    'a rework without prompt',
    n('approval: {message: x, on_reject: {max_attempts: 2}}', 'interactive: true'),
    ['5:39 KEY_MISSING!'],
  ],
  [
    'more than a value and what stands for it',
    after(
      'bash: x',
      'script: x\n    depends_on: [p]\n    runtime: bun\n    with: {y: {from: $p.output, foo: 1}}',
    ),
    ['9:38 VALUE_INVALID!'],
  ],
  [
    'the session that a loop is to resume',
    after('prompt: x', 'loop: {prompt: x, until: y, max_iterations: 1}\n    context: {resume: p}'),
    ['7:5 SESSION_UNUSABLE!'],
  ],
  [
    'a fresh session for a loop',
    n('loop: {prompt: x, until: y, max_iterations: 1}\n    context: fresh'),
    ['6:5 KEY_IGNORED'],
  ],
  [
    'what an include has no use for',
    n('include: q\n    retry: {max_attempts: 1}\n    always_run: true\n    output_type: x'),
    ['5:14 INCLUDE_NOT_FOUND!', '6:5 KEY_IGNORED', '7:5 KEY_IGNORED', '8:5 KEY_IGNORED'],
  ],
  ['retry on cancel', n('cancel: x\n    retry: {max_attempts: 1}'), ['6:5 KEY_IGNORED']],
];
