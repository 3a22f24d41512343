import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestbed, type NodeCall, type Testbed, type TestOptions } from '../../src/testing/index.js';
import { workflowBundle } from '../support/workflow-bundle.js';

let testbed: Testbed;
let project: string;
const FILES: Readonly<Record<string, string>> = {
  'release.yaml': `name: release
description: Builds and checks
nodes:
  - { id: build, bash: make }
  - { id: quality, depends_on: [build], include: checks, with: { level: high } }
  - { id: ship, depends_on: [quality], bash: 'ship $quality.output' }
`,
  'deploy.yaml': `name: deploy
description: Deploys
nodes:
  - { id: build, bash: make }
  - { id: push, depends_on: [build], bash: push, retry: { max_attempts: 2, delay_ms: 60000, on_error: all } }
`,
  'parent.yaml': `name: parent
description: Deploys once
nodes:
  - { id: list, bash: list }
  - { id: one, depends_on: [list], workflow: deploy, input: to $list.output }
`,
  'everywhere.yaml': `name: everywhere
description: Deploys everywhere
mutates_checkout: false
nodes:
  - { id: list, bash: list }
  - { id: all, depends_on: [list], workflow: look, fan_out: { items: $list.output, max_parallel: 2 } }
`,
  'look.yaml': `name: look
description: Deploys without touching the checkout
mutates_checkout: false
nodes:
  - { id: build, bash: make }
  - { id: push, depends_on: [build], bash: push }
`,
  'asking.yaml': `name: asking
description: Asks first
interactive: true
nodes:
  - { id: build, bash: make }
  - { id: review, depends_on: [build], timeout: 86400000, approval: { message: 'Push?' } }
  - { id: push, depends_on: [review], bash: push }
`,
  'asks.yaml': `name: asks
description: Runs what asks
interactive: true
nodes:
  - { id: child, workflow: asking }
`,
  'apart.yaml': `name: apart
description: Asks everywhere, each in a worktree of its own
interactive: true
nodes:
  - { id: list, bash: list }
  - id: all
    depends_on: [list]
    workflow: asking
    isolation: worktree
    fan_out: { items: $list.output }
`,
  'checks.yaml': `name: checks
description: Checks
inputs: { level: { required: true } }
nodes:
  - { id: lint, bash: 'lint --level $INPUTS.level' }
  - { id: unit, depends_on: [lint], bash: test }
`,
};

beforeAll(async () => {
  testbed = await createTestbed({ workflowCode: workflowBundle() });
  project = await mkdtemp(join(tmpdir(), 'signalbox-project-'));
  const folder = join(project, '.archon/workflows');
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
});
afterAll(async () => {
  await testbed.close();
  await rm(project, { recursive: true });
});

const test = (nodes: string, options: TestOptions) =>
  testbed.run({ yaml: `name: w\ndescription: W\ninteractive: true\nnodes:\n${nodes}` }, options);
const group = (rules: string): string => `  - id: rounds
    loop_group:
      ${rules}
      max_iterations: 3
      nodes:
        - { id: fix, bash: 'fix $LOOP_PREV.check.output' }
        - { id: check, depends_on: [fix], bash: check }
`;

describe('a loop group under test', () => {
  it('runs its body until the signal comes; its nodes are group.node', async () => {
    const check = ({ iteration }: NodeCall) => (iteration === 2 ? 'all GREEN' : 'red');
    const run = await test(group('until: GREEN'), { nodes: { fix: 'fixed', check } });
    expect(run.outcome).toMatchObject({ status: 'completed' });
    expect(run.node('rounds').status).toBe('completed');
    expect(run.node('rounds.check')).toMatchObject({ status: 'completed', output: 'all GREEN' });
    expect(run.node('rounds.fix').calls.map(({ iteration }) => iteration)).toEqual([1, 2]);
    expect(run.node('rounds.fix').calls[1]?.script).toContain('red');
  });

  it('asks the stub of the group in the place of until_bash', async () => {
    const rounds = ({ iteration }: NodeCall) => (iteration === 2 ? '' : { fail: 'not yet' });
    const run = await test(group('until_bash: test -f done'), {
      nodes: { rounds, 'rounds.fix': '', 'w/rounds.check': '' },
    });
    expect(run.outcome).toMatchObject({ status: 'completed' });
    expect(run.node('rounds.check').calls).toHaveLength(2);
  });

  it('fails when it is not done in time', async () => {
    const run = await test(group('until: GREEN'), { otherwise: 'red' });
    expect(run.node('rounds').error).toContain('exceeded max iterations (3)');
  });

  it('has gates of its own, which are decided by their whole name', async () => {
    const nodes = `  - id: rounds
    loop_group:
      until: DONE
      max_iterations: 2
      nodes:
        - { id: draft, bash: draft }
        - { id: review, depends_on: [draft], timeout: 3600000, approval: { message: 'Is $draft.output fine?', capture_response: true } }
`;
    const run = await test(nodes, { nodes: { draft: 'a draft' } });
    expect(run.waitingGates).toMatchObject([{ nodeId: 'rounds.review', message: 'Is a draft fine?' }]);
    await run.decide('rounds.review', 'approve', { text: 'no' });
    expect(run.waitingGates).toMatchObject([{ nodeId: 'rounds.review' }]);
    await run.decide('rounds.review', 'approve', { text: 'DONE' });
    expect(run.outcome).toMatchObject({ status: 'completed' });
  });

  it('tries nodes of its body again without waiting', async () => {
    const retry = group('until: GREEN').replace(
      'bash: check }',
      'bash: check, retry: { max_attempts: 2, delay_ms: 30000, on_error: all } }',
    );
    const check = ({ attempt }: NodeCall) => (attempt < 3 ? new Error('no') : 'GREEN');
    const run = await test(retry, { nodes: { fix: '', check } });
    expect(run.outcome).toMatchObject({ status: 'completed' });
    expect(run.node('rounds.check').calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });
});

describe('a file of a project', () => {
  it('finds what it includes, whose nodes have stubs of their own', async () => {
    const run = await testbed.run(join(project, '.archon/workflows/release.yaml'), {
      nodes: { build: 'v1', quality__lint: 'clean', quality__unit: 'passed', ship: 'shipped' },
    });
    expect(run.outcome).toEqual({ status: 'completed', output: 'shipped' });
    expect(run.node('quality__lint').calls[0]?.script).toBe('lint --level high');
    expect(run.node('ship').calls[0]?.script).toContain('passed');
  });
});

describe('sub-runs under test', () => {
  const path = (name: string): string => join(project, '.archon/workflows', name);

  it('really run, with the stubs of the test, and tell what they were given', async () => {
    const run = await testbed.run(path('parent.yaml'), {
      nodes: { list: 'eu', 'deploy/build': 'built', push: 'pushed' },
    });
    expect(run.outcome).toEqual({ status: 'completed', output: 'pushed' });
    expect(run.subRuns).toMatchObject([
      { workflow: 'deploy', nodeId: 'one', index: null, message: 'to eu', status: 'completed' },
    ]);
    expect(run.subRuns[0]?.calls.map(({ nodeId }) => nodeId)).toEqual(['build', 'push']);
    expect(run.subRuns[0]?.events.at(-1)?.type).toBe('workflow_completed');
  });

  it('work in worktrees of their own, at once, each with its gate', async () => {
    const run = await testbed.run(path('apart.yaml'), {
      nodes: {
        list: ['a', 'b'],
        build: '',
        push: ({ environment }: NodeCall) => environment['ARGUMENTS'] ?? '',
      },
    });
    expect(run.waitingGates.map(({ nodeId }) => nodeId)).toEqual(['all[0]/review', 'all[1]/review']);
    await run.decide('all[1]/review', 'approve');
    await run.skip('1 day');
    expect(run.subRuns.map(({ status }) => status)).toEqual(['failed', 'completed']);
    expect(run.outcome).toMatchObject({ status: 'completed' });
    expect(run.node('all').json).toMatchObject([{ archon_failed: true }, 'b']);
  });

  it('fan out over a list, and are joined', async () => {
    const push = ({ environment }: NodeCall) => `pushed ${environment['ARGUMENTS']}`;
    const run = await testbed.run(path('everywhere.yaml'), {
      nodes: { list: ['eu', 'us', 'asia'], build: 'built', push },
    });
    expect(run.node('all').json).toEqual(['pushed eu', 'pushed us', 'pushed asia']);
    expect(run.subRuns.map(({ index, message }) => [index, message])).toEqual([
      [0, 'eu'],
      [1, 'us'],
      [2, 'asia'],
    ]);
  });

  it('try again without waiting, and fail their parent', async () => {
    const run = await testbed.run(path('parent.yaml'), {
      nodes: { list: 'eu', build: 'built', push: { fail: 'no route' } },
    });
    expect(run.outcome).toMatchObject({ status: 'failed' });
    expect(run.subRuns[0]).toMatchObject({ status: 'failed' });
    expect(run.subRuns[0]?.calls.filter(({ nodeId }) => nodeId === 'push')).toHaveLength(3);
  });

  it('wait at gates of their own, which are decided from the parent, or pass', async () => {
    const nodes = { build: 'built', push: 'pushed' };
    const run = await testbed.run(path('asks.yaml'), { nodes });
    expect(run).toMatchObject({ status: 'paused' });
    expect(run.waitingGates).toMatchObject([{ nodeId: 'child/review', message: 'Push?' }]);
    await run.decide('child/review', 'approve');
    expect(run.outcome).toMatchObject({ status: 'completed', output: 'pushed' });
    const left = await testbed.run(path('asks.yaml'), { nodes });
    await left.skip('1 day');
    expect(left.subRuns[0]?.status).toBe('failed');
    expect(left.outcome).toMatchObject({ status: 'failed' });
    const third = await testbed.run(path('asks.yaml'), { nodes });
    expect(await third.result()).toMatchObject({ status: 'failed' });
  });

  it('miss their stubs by name', async () => {
    await expect(
      testbed.run(path('parent.yaml'), { nodes: { list: 'eu', build: '' } }),
    ).rejects.toMatchObject({
      code: 'STUB_MISSING',
      message: expect.stringContaining("node 'push' has no stub") as string,
    });
  });
});

describe('a script node under test', () => {
  it('is played like a bash node, and its stub reads the program', async () => {
    const nodes = `  - { id: count, bash: count }
  - id: double
    depends_on: [count]
    runtime: bun
    with: { factor: 2 }
    script: |
      console.log($count.output * Number(process.env.INPUTS_FACTOR));
`;
    const double = ({ script, environment }: NodeCall) => `${script.trim()} ${environment['INPUTS_FACTOR']}`;
    const run = await test(nodes, { nodes: { count: 21, double } });
    expect(run.outcome).toEqual({
      status: 'completed',
      output: 'console.log(21 * Number(process.env.INPUTS_FACTOR)); 2',
    });
  });

  it('fails with what does not fit its declared shape, as a worker fails it', async () => {
    const nodes = `  - id: facts
    runtime: uv
    script: print(1)
    output_format: { type: object, properties: { size: { type: integer } }, required: [size] }
`;
    const good = await test(nodes, { nodes: { facts: { size: 3 } } });
    expect(good.node('facts')).toMatchObject({ status: 'completed', json: { size: 3 } });
    const bad = await test(nodes, { nodes: { facts: { size: 'large' } } });
    expect(bad.node('facts').error).toContain('/size must be integer');
  });
});
describe('a run that has to leave evidence', () => {
  it.each([
    [true, 'completed'],
    [false, 'failed'],
  ])('has left it: %s', async (leavesEvidence, status) => {
    const yaml = `name: w\ndescription: W\nevidence_policy: { required: true }\nnodes: [{ id: a, bash: x }]\n`;
    const run = await testbed.run({ yaml }, { otherwise: '', leavesEvidence });
    expect(run.outcome).toMatchObject({ status });
  });
});
