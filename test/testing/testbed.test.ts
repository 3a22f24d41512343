import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestbed, untilStopped, type Testbed, type TestOptions } from '../../src/testing/index.js';
import type { NodeCall } from '../../src/testing/index.js';
import { workflowBundle } from '../support/workflow-bundle.js';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await createTestbed({ workflowCode: workflowBundle() });
});
afterAll(() => testbed.close());

const flow = (nodes: string, head = ''): { yaml: string } => ({
  yaml: `name: release\ndescription: Releases\ninteractive: true\n${head}nodes:\n${nodes}`,
});
const test = (nodes: string, options: TestOptions = {}, head = '') => testbed.run(flow(nodes, head), options);

const BUILD = '  - { id: build, bash: make }\n';
const GATED = `${BUILD}  - id: review
    depends_on: [build]
    timeout: 604800000
    approval: { message: 'Ship $build.output?' }
  - { id: ship, depends_on: [review], bash: 'ship $build.output' }
`;

describe('a run under test', () => {
  it('tells what its outcome_field says, from when the node has run', async () => {
    const format = 'output_format: { type: object, properties: { ok: { type: boolean } }, required: [ok] }';
    const nodes = `  - { id: judge, bash: x, ${format} }\n  - { id: late, depends_on: [judge], approval: { message: Go on? } }\n`;
    const keys = 'returns: judge\noutcome_field: ok\n';
    const bad = await test(nodes, { nodes: { judge: { ok: false } } }, keys);
    expect(bad).toMatchObject({ status: 'paused', verdict: 'failed' });
    await bad.decide('late', 'approve');
    expect(bad).toMatchObject({ status: 'completed', verdict: 'failed' });
    expect((await test(BUILD, { nodes: { build: 'v1' } })).verdict).toBeNull();
  });

  it('tells which node has cancelled it', async () => {
    const run = await test(
      "  - { id: stop, cancel: 'No.' }\n  - { id: late, bash: x, depends_on: [stop] }\n",
    );
    expect(run.outcome).toMatchObject({ status: 'cancelled', reason: 'No.' });
    expect(run.node('stop').status).toBe('completed');
    expect(run.node('late').status).toBe('pending');
  });

  it('ends with the output of its last node', async () => {
    const run = await test(BUILD, { nodes: { build: 'v1' } });
    expect(run.outcome).toEqual({ status: 'completed', output: 'v1' });
    expect(run.status).toBe('completed');
  });

  it('stands still where it waits for a person, and goes on with the decision', async () => {
    const run = await test(GATED, { nodes: { build: 'v1', ship: 'shipped' } });
    expect(run).toMatchObject({ status: 'paused', outcome: null });
    expect(run.waitingGates).toMatchObject([
      { nodeId: 'review', message: 'Ship v1?', decisions: ['approve', 'reject'] },
    ]);
    await run.decide('review', 'approve', { by: 'ann' });
    expect(run.outcome).toEqual({ status: 'completed', output: 'shipped' });
    expect(run.waitingGates).toEqual([]);
  });

  it('lets seven days pass in no time', async () => {
    const run = await test(GATED, { otherwise: 'done' });
    await run.skip('6 days and 23 hours');
    expect(run.status).toBe('paused');
    await run.skip('1 hour');
    expect(run.outcome).toMatchObject({ status: 'failed', code: 'RUN_FAILED' });
    expect(run.node('review')).toMatchObject({
      status: 'failed',
      error: "Gate 'review' was not decided within 604800000 ms",
    });
    expect(run.node('ship')).toMatchObject({ status: 'skipped', skipReason: 'trigger_rule', output: null });
  });

  it('gives as its result what it comes to when nobody decides', async () => {
    const run = await test(GATED, { otherwise: 'done' });
    expect(await run.result()).toMatchObject({ status: 'failed' });
  });

  it('that only a person can let go on has no result, and says which gate waits', async () => {
    const run = await test('  - id: review\n    approval: { message: Well? }\n');
    await expect(run.result()).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('it waits at review') as string,
    });
    await run.close();
  });

  it('is ended by a reviewer who rejects', async () => {
    const run = await test(GATED, { otherwise: 'done' });
    await run.decide('review', 'reject', { text: 'not today', by: 'ann' });
    expect(run.outcome).toEqual({ status: 'cancelled', by: 'ann', reason: 'not today', isRejected: true });
  });

  it('tells its events in the words of the tables', async () => {
    const run = await test(GATED, { otherwise: 'done' });
    await run.decide('review', 'approve', { text: 'fine' });
    expect(run.events.map(({ type, nodeId }) => [type, nodeId].filter(Boolean).join(' '))).toEqual([
      'workflow_started',
      'node_started build',
      'node_completed build',
      'approval_requested review',
      'node_completed review',
      'approval_received review',
      'node_started ship',
      'node_completed ship',
      'workflow_completed',
    ]);
    expect(run.events.find(({ type }) => type === 'approval_received')?.data).toMatchObject({
      comment: 'fine',
    });
  });

  it.each([
    ['a gate that does not wait', 'ship', 'approve', 'GATE_NOT_WAITING'],
    ['a decision that nobody declared', 'review', 'perhaps', 'DECISION_UNDECLARED'],
  ])('refuses %s, and goes on waiting', async (_what, gate, decision, code) => {
    const run = await test(GATED, { otherwise: 'done' });
    await expect(run.decide(gate, decision)).rejects.toMatchObject({ code });
    expect(run.status).toBe('paused');
    await run.close();
  });

  it('knows its nodes by name, and tells which one was meant', async () => {
    const run = await test(BUILD, { otherwise: '' });
    expect(() => run.node('biuld')).toThrow("did you mean 'build'?");
  });
});

describe('a test runner that shows a run', () => {
  it('shows nothing of what it stands on', async () => {
    const run = await test(BUILD, { otherwise: '' });
    expect(Object.keys(run)).toEqual([]);
    expect(inspect(run, { depth: 10 })).toBe('TestRun {}');
  });
});

describe('a file with a surprise', () => {
  it('runs all the same, and its warnings are told', async () => {
    const run = await test('  - { id: build, bash: make, colour: red }\n', { otherwise: '' });
    expect(run.warnings).toMatchObject([{ code: 'KEY_UNKNOWN', path: ['nodes', 0, 'colour'], line: 5 }]);
    expect((await test(GATED, { otherwise: '' })).warnings).toEqual([]);
  });
});

describe('time', () => {
  it('passes at once between attempts', async () => {
    const retry =
      '  - { id: build, bash: make, retry: { max_attempts: 2, delay_ms: 60000, on_error: all } }\n';
    const run = await test(retry, {
      nodes: { build: ({ attempt }) => (attempt < 3 ? new Error('no') : 'v1') },
    });
    expect(run.outcome).toEqual({ status: 'completed', output: 'v1' });
    expect(run.node('build').calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    const [first, last] = [run.events[0]!, run.events.at(-1)!];
    expect(Date.parse(last.at) - Date.parse(first.at)).toBeGreaterThanOrEqual(180_000);
  });

  it('passes over a gate that another one follows', async () => {
    const gate = (id: string, needs: string): string =>
      `  - { id: ${id}, depends_on: [${needs}], trigger_rule: all_done, timeout: 3600000, approval: { message: Well? } }\n`;
    const run = await test(BUILD + gate('first', 'build') + gate('second', 'first'), { otherwise: '' });
    await run.skip('1h30m');
    expect(run.waitingGates).toMatchObject([{ nodeId: 'second' }]);
    await run.skip('31 minutes');
    expect(run.outcome).toMatchObject({ status: 'failed' });
  });

  it.each(['soon', '7 weeks', '', -1, Number.NaN, '1000000 days'])('is not %j', async (passage) => {
    const run = await test(GATED, { otherwise: '' });
    await expect(run.skip(passage)).rejects.toMatchObject({ code: 'USAGE' });
    await run.close();
  });
});

describe('a stub', () => {
  it.each([
    ['a text', 'two\nlines', 'two\nlines'],
    ['an object', { ok: true }, '{"ok":true}'],
    ['a number', 7, '7'],
    ['a list', [1, 'a'], '[1,"a"]'],
    ['a function', () => 'made', 'made'],
    ['a function that gives a promise', () => Promise.resolve({ n: 1 }), '{"n":1}'],
    ['a function that gives nothing', () => undefined, ''],
  ])('that is %s is the output', async (_what, build, output) => {
    const run = await test(BUILD, { nodes: { build } });
    expect(run.node('build')).toMatchObject({ status: 'completed', output });
  });

  it.each([
    ['{ fail }', { fail: 'no compiler' }, 'exit 1'],
    ['{ fail, exitCode }', { fail: 'no compiler', exitCode: 3 }, 'exit 3'],
    ['an Error', new Error('no compiler'), 'exit 1'],
    ['a function that throws', () => Promise.reject(new Error('no compiler')), 'exit 1'],
  ])('that is %s fails its node, as a worker would say it', async (_what, build, exit) => {
    const run = await test(BUILD, { nodes: { build } });
    expect(run.node('build').error).toBe(`Bash node 'build' failed [${exit}]: no compiler`);
    expect(run.outcome).toMatchObject({ status: 'failed' });
  });

  it('is told what would run, with which environment', async () => {
    const calls: NodeCall[] = [];
    const nodes = `  - { id: build, bash: make }\n  - id: ship\n    depends_on: [build]\n    bash: ship "$TARGET" $build.output.version\n`;
    const run = await test(
      nodes,
      {
        nodes: { build: { version: 12 }, ship: (call) => void calls.push(call) },
        inputs: { target: 'prod' },
        message: 'go on',
        environment: { TARGET: 'x' },
      },
      'inputs: { target: { required: true } }\n',
    );
    expect(run.outcome).toMatchObject({ status: 'completed' });
    expect(calls).toMatchObject([
      {
        nodeId: 'ship',
        attempt: 1,
        script: 'ship "$TARGET" 12',
        environment: { TARGET: 'x', INPUTS_TARGET: 'prod', ARGUMENTS: 'go on', BASE_BRANCH: 'main' },
      },
    ]);
  });

  it('may give more than travels in a history: others read all of it', async () => {
    const large = 'x'.repeat(100_000);
    const nodes = `${BUILD}  - { id: count, depends_on: [build], bash: 'echo $build.output' }\n`;
    const run = await test(nodes, { nodes: { build: large, count: ({ script }) => String(script.length) } });
    expect(run.node('build').output).toBe(large);
    expect(Number(run.node('count').output)).toBeGreaterThan(100_000);
  });

  it('is told a script that is too large to travel', async () => {
    const nodes = `  - id: build\n    bash: |\n      make\n      # ${'x'.repeat(20_000)}\n`;
    const run = await test(nodes, { nodes: { build: ({ script }) => script.slice(0, 4) } });
    expect(run.outcome).toMatchObject({ output: 'make' });
  });

  it('holds its node until the run is cancelled', async () => {
    const run = await test(BUILD, { nodes: { build: untilStopped } });
    expect(run).toMatchObject({ status: 'running', outcome: null });
    expect(run.node('build').status).toBe('running');
    await run.cancel('ann', 'wrong branch');
    expect(run.outcome).toEqual({
      status: 'cancelled',
      by: 'ann',
      reason: 'wrong branch',
      isRejected: false,
    });
  });

  it('holds its node until the node times out', async () => {
    const run = await test(BUILD, { nodes: { build: untilStopped } });
    await expect(run.skip('1 minute')).rejects.toMatchObject({ code: 'USAGE' });
    await run.skip('2 minutes');
    expect(run.node('build').error).toBe("Bash node 'build' timed out after 120000ms");
  });

  it('is missed where the run gets to it, and only there', async () => {
    const branches = `${BUILD}  - { id: never, depends_on: [build], when: "$build.output == 'no'", bash: x }\n`;
    expect((await test(branches, { nodes: { build: 'yes' } })).node('never').status).toBe('skipped');
    await expect(test(branches, { nodes: { build: 'no' } })).rejects.toMatchObject({
      code: 'STUB_MISSING',
      message: expect.stringContaining("node 'never' has no stub") as string,
    });
  });

  it.each([
    ['for no node', { biuld: '' }, "there is no node 'biuld'; did you mean 'build'?"],
    ['for a gate', { review: 'approve' }, "'review' is a gate"],
  ])('%s is refused before anything runs', async (_what, nodes, message) => {
    await expect(test(GATED, { nodes })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('a testbed refuses', () => {
  it('a file with faults, and tells all of them', async () => {
    await expect(testbed.run({ yaml: 'name: x\nnodes: [{ id: a }]\n' })).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringMatching(
        /workflow\.yaml:\d+:\d+ error KEY_MISSING[^]*NODE_KIND_MISSING/,
      ) as string,
    });
  });

  it('a file that is not there', async () => {
    await expect(testbed.run('no/such.yaml')).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' });
  });

  it('inputs that the workflow does not have', async () => {
    await expect(test(BUILD, { inputs: { x: '1' } })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('inputs and messages that are no texts, which only a program in JavaScript can give', async () => {
    const message = 7 as unknown as string;
    await expect(test(BUILD, { message })).rejects.toMatchObject({ code: 'MESSAGE_INVALID' });
    const inputs = { x: message };
    await expect(test(BUILD, { inputs }, 'inputs: { x: { required: true } }\n')).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: 'input x is no text; give a string, of lists and maps their JSON',
    });
  });
});
