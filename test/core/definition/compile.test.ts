import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { IssueCode } from '../../../src/core/definition/issue.js';
import { formatIssue, ISSUE_CODES } from '../../../src/core/definition/issue.js';
import { definitionOf, issuesOf, summaryOf, withNodes } from './compile.js';
import { KEY_CASES, KIND_CASES, WORKFLOW_CASES, type Case } from './language-cases.js';
import { VALUE_CASES } from './value-cases.js';

const EVERYTHING = new URL('../../fixtures/definitions/everything.yaml', import.meta.url);
const MINIMAL = withNodes('  - id: a\n    bash: "true"\n');

describe('a definition with every key', () => {
  const definition = definitionOf(readFileSync(EVERYTHING));
  const node = (id: string) => definition.nodes.find((one) => one.id === id);
  const ref = (nodeId: string, field: string | null = null) => ({ kind: 'node', nodeId, field });

  it('has its workflow keys', () => {
    expect(definition).toEqual({
      nodes: definition.nodes,
      name: 'everything',
      description: 'Uses every key of the language that is built',
      schedule: 'dataflow',
      isInteractive: true,
      tags: ['one', 'two'],
      inputs: [
        { name: 'branch', isRequired: false, defaultValue: 'main', description: 'Branch to work on' },
        { name: 'dry-run', isRequired: false, defaultValue: false, description: null },
        { name: 'ticket', isRequired: true, description: null },
        { name: 'options', isRequired: false, defaultValue: { deep: [1, null] }, description: null },
      ],
    });
  });

  it('has its bash node, trimmed, with whole milliseconds', () => {
    expect(node('build')).toEqual({
      id: 'build',
      kind: 'bash',
      description: 'Builds it',
      dependsOn: [],
      layer: 0,
      when: null,
      triggerRule: 'all_success',
      script: { kind: 'inline', text: 'npm test\necho \'{"version": "1.2"}\'' },
      timeoutMs: 600_001,
      retry: { maxAttempts: 2, delayMs: 1_000, onError: 'all' },
      references: [],
      fieldsRead: ['version', 'size'],
    });
  });

  it('has its gate, which depends on nothing twice', () => {
    expect(node('review')).toMatchObject({
      kind: 'approval',
      dependsOn: [0],
      layer: 1,
      triggerRule: 'one_success',
      message: { kind: 'inline', text: 'Release $build.output.version? $build.output' },
      decisions: [
        { id: 'approve', label: null },
        { id: 'needs-revision', label: 'Needs revision' },
      ],
      captureResponse: false,
      timeoutMs: 604_800_000,
      references: [ref('build', 'version'), ref('build')],
      fieldsRead: expect.arrayContaining(['decision', 'text']),
      when: { text: "$build.output.version != '' && $INPUTS.ticket == 'T-1'" },
    });
  });

  it('has its cancel node', () => {
    expect(node('stop')).toMatchObject({
      kind: 'cancel',
      layer: 2,
      reason: { kind: 'inline', text: 'sent back by $review.output.text' },
      references: [ref('review', 'text')],
    });
  });

  it('has each reference once, and dependencies in the order written', () => {
    expect(node('ship')).toMatchObject({
      dependsOn: [1, 0],
      layer: 2,
      timeoutMs: 120_000,
      retry: null,
      references: [ref('build', 'version'), ref('review', 'decision')],
    });
    expect(node('legacy')).toMatchObject({ decisions: null, captureResponse: true, timeoutMs: null });
  });

  it('survives JSON unchanged', () => {
    expect(JSON.parse(JSON.stringify(definition))).toEqual(definition);
  });
});

it('what is not written has its default', () => {
  const definition = definitionOf(MINIMAL);
  expect(definition).toMatchObject({ schedule: 'layers', isInteractive: false, tags: [], inputs: [] });
  const retried = definitionOf(withNodes('  - id: a\n    bash: x\n    retry: {max_attempts: 1}\n'));
  expect(retried.nodes[0]).toMatchObject({ retry: { maxAttempts: 1, delayMs: 3_000, onError: 'transient' } });
});

const GATE = '  - id: g\n    approval: {message: ok?, decisions: [{id: approve}]}\n';
const b = (lines: string) => withNodes(`  - id: a\n    bash: x\n${lines}`);
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Each way in which a file is wrong: the text, and everything that is told about it, in order. */
const CASES: readonly Case[] = [
  ['an empty file', '', ['1:1 VALUE_INVALID!']],
  ['a file of comments', '# nothing\n', ['1:1 VALUE_INVALID!']],
  ['a list', '- a\n', ['1:1 VALUE_INVALID!']],
  ['a text', 'just text', ['1:1 VALUE_INVALID!']],
  ['an empty map', '{}', ['1:1 KEY_MISSING!', '1:1 KEY_MISSING!', '1:1 KEY_MISSING!']],
  ['no name', 'description: d\nnodes: [{id: a, bash: x}]', ['1:1 KEY_MISSING!']],
  ['a blank name', 'name: " "\ndescription: d\nnodes: [{id: a, bash: x}]', ['1:7 VALUE_INVALID!']],
  ['a name that is a number', 'name: 5\ndescription: d\nnodes: [{id: a, bash: x}]', ['1:7 VALUE_INVALID!']],
  [
    'a name too long for the table',
    `name: ${'n'.repeat(256)}\ndescription: d\nnodes: [{id: a, bash: x}]`,
    ['1:7 VALUE_INVALID!'],
  ],
  ['an empty description', 'name: w\ndescription:\nnodes: [{id: a, bash: x}]', ['2:13 VALUE_INVALID!']],
  ['no nodes', 'name: w\ndescription: d\nnodes: []', ['3:8 VALUE_INVALID!']],
  ['nodes that are a map', 'name: w\ndescription: d\nnodes: {a: b}', ['3:8 VALUE_INVALID!']],
  ['steps', 'name: w\ndescription: d\nsteps: [a]', ['1:1 KEY_MISSING!', '3:1 KEY_REMOVED!']],
  ['an unknown key', withNodes(GATE, 'interactive: true\ndescritpion: x\n'), ['7:1 KEY_UNKNOWN']],
  [
    'interactive that is no boolean',
    withNodes('  - id: a\n    bash: x\n', 'interactive: yes\n'),
    ['6:14 VALUE_IGNORED'],
  ],
  ['tags that are no list', withNodes('  - id: a\n    bash: x\n', 'tags: x\n'), ['6:7 VALUE_IGNORED']],
  ['an unknown schedule', withNodes('  - id: a\n    bash: x\n', 'schedule: fast\n'), ['6:11 VALUE_INVALID!']],
  ['a gate without interactive', withNodes(GATE), ['5:5 INTERACTIVE_UNDECLARED']],
  ['a gate with interactive: false', withNodes(GATE, 'interactive: false\n'), ['6:1 INTERACTIVE_UNDECLARED']],

  ['a node that is no map', withNodes('  - a\n'), ['4:5 VALUE_INVALID!']],
  ['a node without id', withNodes('  - bash: x\n'), ['4:5 KEY_MISSING!']],
  ['a blank id', withNodes("  - id: ' '\n    bash: x\n"), ['4:9 VALUE_INVALID!']],
  ['the reserved id', withNodes('  - id: INPUTS\n    bash: x\n'), ['4:9 VALUE_INVALID!']],
  [
    'an id twice',
    withNodes('  - id: a\n    bash: x\n  - id: " a"\n    bash: x\n'),
    ['6:9 DUPLICATE_NODE_ID!'],
  ],
  ['a node without kind', withNodes('  - id: a\n'), ['4:5 NODE_KIND_MISSING!']],
  ['a node of two kinds', withNodes('  - id: a\n    bash: x\n    cancel: y\n'), ['4:5 NODE_KIND_AMBIGUOUS!']],
  ['a blank script', withNodes("  - id: a\n    bash: '  '\n"), ['5:11 VALUE_INVALID!']],
  ['a script that is a list', withNodes('  - id: a\n    bash: [x]\n'), ['5:11 VALUE_INVALID!']],
  ['a blank cancel', withNodes("  - id: a\n    cancel: ''\n"), ['5:13 VALUE_INVALID!']],
  ['an unknown node key', b('    depends: [q]\n'), ['6:5 KEY_UNKNOWN']],
  ['a workflow key on a node', b('    schedule: layers\n'), ['6:5 KEY_UNKNOWN']],
  ['a description that is no text', b('    description: 5\n'), ['6:18 VALUE_INVALID!']],
  ['depends_on that is no list', b('    depends_on: a\n'), ['6:17 VALUE_INVALID!']],
  ['depends_on with a number', b('    depends_on: [5]\n'), ['6:18 VALUE_INVALID!']],
  ['an unknown dependency', b('    depends_on:\n      - q\n'), ['7:9 UNKNOWN_DEPENDENCY!']],
  ['a node that waits for itself', b('    depends_on: [a]\n'), ['6:5 DEPENDENCY_CYCLE!']],
  ['when that is no text', b('    when: true\n'), ['6:11 VALUE_INVALID!']],
  ['a blank when', b("    when: ''\n"), ['6:11 VALUE_INVALID!']],
  ['when that cannot be read', b("    when: $a.output == 'x' && nonsense\n"), ['6:31 CONDITION_UNREADABLE']],
  ['when of an unknown node', b("    when: $a.output == 'x' || $q.f == 'x'\n"), ['6:31 UNKNOWN_REFERENCE!']],
  [
    'an unreadable when of an unknown node',
    b('    when: $q.output == x\n'),
    ['6:11 UNKNOWN_REFERENCE!', '6:11 CONDITION_UNREADABLE'],
  ],
  ['when of an undeclared input', b("    when: $INPUTS.q == 'x'\n"), ['6:11 UNKNOWN_REFERENCE!']],
  ['an unknown trigger rule', b('    trigger_rule: some\n'), ['6:19 VALUE_INVALID!']],
  ['a timeout of zero', b('    timeout: 0\n'), ['6:14 VALUE_INVALID!']],
  ['a timeout that is text', b('    timeout: 5m\n'), ['6:14 VALUE_INVALID!']],
  ['an infinite timeout', b('    timeout: .inf\n'), ['6:14 VALUE_INVALID!']],
  ['a timeout of a century', b('    timeout: 3.2e+12\n'), ['6:14 VALUE_INVALID!']],
  ['a timeout on cancel', withNodes('  - id: a\n    cancel: x\n    timeout: 5\n'), ['6:5 KEY_IGNORED']],
  ['retry without max_attempts', b('    retry: {delay_ms: 1000}\n'), ['6:12 KEY_MISSING!']],
  [
    'retry out of bounds',
    b('    retry: {max_attempts: 6, delay_ms: 10, on_error: any}\n'),
    ['6:27 VALUE_INVALID!', '6:40 VALUE_INVALID!', '6:54 VALUE_INVALID!'],
  ],
  ['a broken number of retries', b('    retry: {max_attempts: 1.5}\n'), ['6:27 VALUE_INVALID!']],
  ['an unknown key of retry', b('    retry: {max_attempts: 1, delay: 5}\n'), ['6:30 KEY_UNKNOWN']],
  [
    'retry on cancel',
    withNodes('  - id: a\n    cancel: x\n    retry: {max_attempts: 1}\n'),
    ['6:5 KEY_IGNORED'],
  ],

  ['approval that is text', withNodes('  - id: a\n    approval: ok?\n'), ['5:15 VALUE_INVALID!']],
  ['approval without message', withNodes('  - id: a\n    approval: {}\n'), ['5:15 KEY_MISSING!']],
  [
    'approval with a blank message',
    withNodes("  - id: a\n    approval: {message: ' '}\n"),
    ['5:25 VALUE_INVALID!'],
  ],
  [
    'a key of the node in approval',
    withNodes('  - id: a\n    approval: {message: x, timeout: 5}\n', 'interactive: true'),
    ['5:28 KEY_UNKNOWN'],
  ],
  [
    'no decisions',
    withNodes('  - id: a\n    approval: {message: x, decisions: []}\n'),
    ['5:39 VALUE_INVALID!', '5:39 VALUE_INVALID!'],
  ],
  [
    'decisions without approve',
    withNodes('  - id: a\n    approval: {message: x, decisions: [{id: reject}]}\n'),
    ['5:39 VALUE_INVALID!'],
  ],
  [
    'a decision twice',
    withNodes('  - id: a\n    approval: {message: x, decisions: [{id: approve}, {id: approve}]}\n'),
    ['5:60 VALUE_INVALID!'],
  ],
  [
    'a decision not in kebab-case',
    withNodes('  - id: a\n    approval: {message: x, decisions: [{id: approve}, {id: No}]}\n'),
    ['5:60 VALUE_INVALID!'],
  ],
  [
    'a decision without id',
    withNodes('  - id: a\n    approval: {message: x, decisions: [{id: approve}, {label: No}]}\n'),
    ['5:55 KEY_MISSING!'],
  ],
  [
    'an unknown key of a decision',
    withNodes(
      '  - id: a\n    approval: {message: x, decisions: [{id: approve, color: red}]}\n',
      'interactive: true',
    ),
    ['5:54 KEY_UNKNOWN'],
  ],
  [
    'capture_response',
    withNodes('  - id: a\n    approval: {message: x, capture_response: true}\n', 'interactive: true'),
    ['5:28 KEY_DEPRECATED'],
  ],
  [
    'capture_response with decisions',
    withNodes(
      '  - id: a\n    approval: {message: x, capture_response: true, decisions: [{id: approve}]}\n',
      'interactive: true',
    ),
    ['5:28 KEY_IGNORED'],
  ],
  [
    'a reference to an unknown node',
    withNodes('  - id: a\n    bash: |\n      true\n      echo $q.output.f\n'),
    ['7:12 UNKNOWN_REFERENCE!'],
  ],
  [
    'an unknown node in a message',
    withNodes('  - id: a\n    approval: {message: is $q.output ok?}\n', 'interactive: true'),
    ['5:28 UNKNOWN_REFERENCE!'],
  ],
  ['an unknown node in cancel', withNodes('  - id: a\n    cancel: $q.output\n'), ['5:13 UNKNOWN_REFERENCE!']],
  [
    'an undeclared input in a script',
    b('').replace('bash: x', 'bash: echo $INPUTS.q'),
    ['5:16 UNKNOWN_REFERENCE!'],
  ],
  [
    'a declared input in a script',
    b('').replace('bash: x', 'bash: echo $INPUTS.q') + 'inputs: {q: {}}',
    ['5:16 REFERENCE_NOT_REPLACED'],
  ],
  [
    'a declared input in a message',
    withNodes('  - id: a\n    cancel: for $INPUTS.q\n', 'inputs: {q: {}}'),
    ['5:17 REFERENCE_NOT_REPLACED'],
  ],
  [
    'a variable in a message',
    withNodes('  - id: a\n    cancel: see $ARTIFACTS_DIR, $ARGUMENTS\n'),
    ['5:17 REFERENCE_NOT_REPLACED', '5:33 REFERENCE_NOT_REPLACED'],
  ],
  [
    'a reference in double quotes',
    withNodes('  - id: a\n    bash: echo "$a.output" $a.output\n'),
    ['5:17 REFERENCE_QUOTED'],
  ],
  [
    'a reference in a here-document',
    withNodes('  - id: a\n    bash: |\n      cat <<EOF\n      $a.output\n      EOF\n'),
    ['7:7 REFERENCE_QUOTED'],
  ],
  [
    'references that are quoted well',
    withNodes(
      '  - id: a\n    bash: |\n      echo $a.output \'$a.output\' # "$a.output"\n      [ "$a.output" -gt 3 ]\n',
    ),
    [],
  ],

  ['inputs that are no map', withNodes('  - id: a\n    bash: x\n', 'inputs: [q]\n'), ['6:9 VALUE_IGNORED']],
  [
    'an input with a wrong name',
    withNodes('  - id: a\n    bash: x\n', 'inputs: {1q: {}}\n'),
    ['6:10 INPUT_IGNORED'],
  ],
  [
    'an input that is no map',
    withNodes('  - id: a\n    bash: x\n', 'inputs: {q: main}\n'),
    ['6:10 INPUT_IGNORED'],
  ],
  [
    'an input required with a default',
    withNodes('  - id: a\n    bash: x\n', 'inputs: {q: {required: true, default: 1}}\n'),
    ['6:10 INPUT_IGNORED'],
  ],
  [
    'an input with a wrong value',
    withNodes('  - id: a\n    bash: x\n', 'inputs: {q: {required: 1}}\n'),
    ['6:10 INPUT_IGNORED'],
  ],
  [
    'an unknown key of an input',
    withNodes('  - id: a\n    bash: x\n', 'inputs: {q: {type: x}}\n'),
    ['6:14 KEY_UNKNOWN'],
  ],
  [
    'two inputs of one variable',
    withNodes('  - id: a\n    bash: x\n', 'inputs: {a-b: {}, A_b: {}}\n'),
    ['6:19 DUPLICATE_INPUT_VARIABLE!'],
  ],

  ['an unfinished list', 'a: [', ['1:5 YAML_INVALID!']],
  ['a tab for indentation', 'name: w\nnodes:\n\t- a', ['3:1 YAML_INVALID!']],
  ['two documents', `${MINIMAL}---\n${MINIMAL}`, ['6:1 YAML_INVALID!']],
  ['an unknown tag', withNodes('  - id: a\n    bash: !sh x\n'), ['5:11 YAML_INVALID!']],
  ['a key that is a list', '[a]: b', ['1:1 YAML_INVALID!']],
  ['an alias of nothing', 'a: *b', ['1:4 YAML_INVALID!']],
  ['an alias of itself', 'a: &b [*b]', ['1:8 ALIASES_TOO_LARGE!']],
  ['a key twice', `${MINIMAL}name: x\n`, ['6:1 DUPLICATE_KEY!']],
  ['a nested key twice', b('    bash: y\n'), ['6:5 DUPLICATE_KEY!']],
  ['a NUL', 'a: \0', ['1:4 ENCODING_INVALID!']],
  ['an escaped NUL', withNodes('  - id: a\n    bash: "\\0"\n'), ['5:11 ENCODING_INVALID!']],
  ['half a character', withNodes('  - id: a\n    bash: "\\ud800"\n'), ['5:11 ENCODING_INVALID!']],
  ['101 levels', `a: ${deep(101)}`, ['1:102 FILE_TOO_COMPLEX!']],
];

const ALL_CASES: readonly Case[] = [...CASES, ...KIND_CASES, ...KEY_CASES, ...VALUE_CASES, ...WORKFLOW_CASES];

describe('is told, with its place:', () => {
  it.each(ALL_CASES)('%s', (_, text, summary) => {
    expect(summaryOf(text)).toEqual(summary);
  });
});

it('every code that the compiler gives out is met in these tests', () => {
  const met = new Set(
    ALL_CASES.flatMap(([, , summary]) => summary.map((one) => one.replace(/^\S+ |!$/g, ''))),
  );
  const elsewhere: IssueCode[] = ['FILE_TOO_LARGE'];
  const ofIncludes: IssueCode[] = [
    'COMMAND_NOT_FOUND',
    'INCLUDE_CYCLE',
    'INCLUDE_KEY_DROPPED',
    'INCLUDE_REFUSED',
    'INCLUDE_TOO_DEEP',
    'INPUT_MISSING',
    'INPUT_UNKNOWN',
  ];
  const ofDiscovery: IssueCode[] = ['DUPLICATE_NAME', 'FILE_UNREADABLE', 'LAYOUT_INVALID'];
  const ofOtherFiles: IssueCode[] = [
    'MCP_UNUSABLE',
    'RUNTIME_NOT_FOUND',
    'SCRIPT_NOT_FOUND',
    'SKILL_NOT_FOUND',
  ];
  const ofSubruns: IssueCode[] = [
    'FAN_OUT_IN_PLACE',
    'SUBRUN_CYCLE',
    'SUBRUN_NOT_FOUND',
    'SUBRUN_REFUSED',
    'SUBRUN_TOO_DEEP',
  ];
  const ofAgents: IssueCode[] = ['KEY_UNSUPPORTED', 'MODEL_UNKNOWN', 'TOOL_UNKNOWN'];
  const others = [elsewhere, ofIncludes, ofDiscovery, ofOtherFiles, ofSubruns, ofAgents].flat();
  expect([...new Set([...met, ...others])].sort()).toEqual(Object.keys(ISSUE_CODES).sort());
});

it('everything that is wrong is told at once, in the order of the file', () => {
  const text = `name: 5
descripton: d
container: {enabled: true}
nodes:
  - id: a
    bash: echo $zz.output
    depends_on: [c]
    timeout: -1
  - id: c
    depends_on: [a, build]
    trigger_rule: foo
    approval: {mesage: x}
  - prompt: hi
`;
  expect(issuesOf(text).map(formatIssue)).toEqual([
    'f.yaml:1:1 error KEY_MISSING the workflow has no \'description\'; add for example description: "Fixes an issue"',
    'f.yaml:1:7 error VALUE_INVALID \'name\' of the workflow must be a text; it is 5; write for example name: "fix-issue"',
    "f.yaml:2:1 warning KEY_UNKNOWN the workflow has the unknown key 'descripton', which has no effect; did you mean 'description'?",
    'f.yaml:3:1 error CONTAINER_UNSUPPORTED runs in a container are not supported: processes there are beyond what guards the working path; remove it; worktree: {enabled: true} keeps the checkout untouched, too',
    "f.yaml:6:16 error UNKNOWN_REFERENCE '$zz.output' names no node of the workflow; there is a, c",
    'f.yaml:7:5 error DEPENDENCY_CYCLE nodes wait for each other: a → c → a; remove one of these dependencies',
    "f.yaml:8:14 error VALUE_INVALID 'timeout' of node 'a' must be more than 0 milliseconds; it is -1; write for example timeout: 120000",
    "f.yaml:10:21 error UNKNOWN_DEPENDENCY node 'c' depends on 'build', which is no node of the workflow; remove it, or add that node",
    'f.yaml:11:19 error VALUE_INVALID \'trigger_rule\' of node \'c\' must be one of all_success, one_success, none_failed_min_one_success, all_done; it is "foo"; write for example trigger_rule: "all_done"',
    "f.yaml:12:15 error KEY_MISSING node 'c' has no 'approval.message'; add for example message: \"Deploy to production?\"",
    "f.yaml:12:16 warning KEY_UNKNOWN 'approval' of node 'c' has the unknown key 'mesage', which has no effect; did you mean 'message'?",
    'f.yaml:13:5 error KEY_MISSING node #3 has no \'id\'; add for example id: "build"',
  ]);
});

it('an issue names its path', () => {
  const [issue] = issuesOf(b('    depends_on: [b]\n'));
  expect(issue).toMatchObject({ file: 'f.yaml', severity: 'error', path: ['nodes', 0, 'depends_on', 0] });
});

describe('a file is read', () => {
  const [same] = [definitionOf(MINIMAL)];
  it.each([
    ['with a byte order mark', `\uFEFF${MINIMAL}`],
    ['as bytes', new TextEncoder().encode(MINIMAL)],
    ['as bytes with a byte order mark', new TextEncoder().encode(`\uFEFF${MINIMAL}`)],
    ['with CRLF', MINIMAL.replaceAll('\n', '\r\n')],
    ['as JSON', JSON.stringify({ name: 'w', description: 'd', nodes: [{ id: 'a', bash: 'true' }] })],
    ['with a document start and end', `---\n${MINIMAL}...\n`],
    ['with anchors', 'name: &n w\ndescription: d\nnodes: [{id: a, bash: "true"}]\n'],
  ])('%s', (_, text) => {
    expect(definitionOf(text)).toEqual(same);
  });

  it('with line breaks in its scripts that bash knows', () => {
    const definition = definitionOf(
      withNodes('  - id: a\n    bash: |\n      a\n      b\n').replaceAll('\n', '\r\n'),
    );
    expect(definition.nodes[0]).toMatchObject({ script: { text: 'a\nb' } });
  });

  it('with aliases in place of what they repeat, and issues at what they repeat', () => {
    const text =
      'name: w\ndescription: d\nnodes:\n  - {id: a, bash: x, retry: &r {max_attempts: 9}}\n  - {id: b, bash: x, retry: *r}\n';
    expect(summaryOf(text)).toEqual(['4:47 VALUE_INVALID!', '4:47 VALUE_INVALID!']);
    const good = definitionOf(text.replace('9', '3'));
    expect(good.nodes.map((node) => node.kind === 'bash' && node.retry?.maxAttempts)).toEqual([3, 3]);
  });

  it('with words that only old YAML takes for booleans', () => {
    expect(definitionOf(MINIMAL.replace('description: d', 'description: yes')).description).toBe('yes');
  });

  it('with odd but legal ids', () => {
    const definition = definitionOf(
      withNodes(
        '  - id: __proto__\n    bash: x\n  - id: constructor\n    depends_on: [__proto__]\n    bash: echo $__proto__.output.toString\n',
      ),
    );
    expect(definition.nodes[1]).toMatchObject({ dependsOn: [0], layer: 1 });
    expect(definition.nodes[0]!.fieldsRead).toEqual(['toString']);
  });
});

it('bytes that are not UTF-8 are told where they stand', () => {
  const bytes = new Uint8Array([...new TextEncoder().encode('name: w\nx: '), 0xff, 0x0a]);
  expect(summaryOf(bytes)).toEqual(['2:4 ENCODING_INVALID!']);
});

describe('the hint at a wrong value', () => {
  it.each([
    ['[approve, hold]', ['decisions: [{"id":"approve"},{"id":"reject"}]']],
    ['[{id: approve}, hold]', ['decisions: [{"id":"approve"},{"id":"reject"}]']],
    ['{approve: Yes}', ['decisions: [{"id":"approve"},{"id":"reject"}]']],
    ['[{id: approve}, {id: Hold}]', ['id: "needs-revision"']],
    ['[{id: approve}, {label: Hold}]', ['id: "needs-revision"']],
    ['[{id: approve, label: 3}]', ['label: "Needs revision"']],
  ])('shows how decisions are written that are not %s', (decisions, examples) => {
    const text = withNodes(`  - id: g\n    approval: {message: m, decisions: ${decisions}}\n`);
    const hints = new Set(issuesOf(text).map(({ hint }) => hint.replace(/^.*for example /, '')));
    expect([...hints]).toEqual(examples);
  });

  it('is one that compiles', () => {
    const decisions = 'decisions: [{"id":"approve"},{"id":"reject"}]';
    expect(
      definitionOf(withNodes(`  - id: g\n    approval: {message: m, ${decisions}}\n`)).nodes[0],
    ).toMatchObject({
      decisions: [{ id: 'approve' }, { id: 'reject' }],
    });
  });

  it('at an unknown key inside a map names the keys of that map', () => {
    const text = withNodes('  - id: g\n    approval: {message: m, decisions: [{id: approve, name: x}]}\n');
    expect(issuesOf(text).map(({ hint }) => hint)).toContain('remove it; there are id, label');
  });

  it('names the keys of a map that may also be a word', () => {
    const text = withNodes('  - id: a\n    prompt: x\n    thinking: {type: enabled, tokens: 5}\n');
    expect(issuesOf(text).map(({ hint }) => hint)).toEqual(['remove it; there are type, budgetTokens']);
  });
});
