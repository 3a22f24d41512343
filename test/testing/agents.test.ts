import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTestbed,
  untilStopped,
  type NodeCall,
  type Testbed,
  type TestOptions,
  type TestRun,
} from '../../src/testing/index.js';

import { workflowBundle } from '../support/workflow-bundle.js';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await createTestbed({ workflowCode: workflowBundle() });
});
afterAll(() => testbed.close());

const test = (nodes: string, options: TestOptions = {}): Promise<TestRun> =>
  testbed.run({ yaml: `name: w\ndescription: W\nnodes:\n${nodes}` }, options);

const said = (run: TestRun, id: string): readonly (string | null)[] =>
  run.node(id).calls.map(({ prompt }) => prompt);
const heard = (run: TestRun, id: string) => run.node(id).calls.map(({ session }) => session);

describe('an agent node', () => {
  const nodes = `  - { id: facts, bash: x }
  - { id: plan, depends_on: [facts], prompt: "Plan $ARGUMENTS with $facts.output", systemPrompt: "Be brief about $facts.output", model: opus }
  - { id: build, depends_on: [plan], bash: "echo $plan.output" }
`;

  it('is played by its stub, which sees its prompt filled in, its settings and its conversation', async () => {
    const run = await test(nodes, {
      message: 'a shed',
      nodes: { facts: '$ARGUMENTS', plan: ({ prompt }) => `Plan: ${prompt}`, build: 'ok' },
    });
    expect(run.outcome).toEqual({ status: 'completed', output: 'ok' });
    const [call] = run.node('plan').calls;
    expect(call).toMatchObject({
      prompt: 'Plan a shed with $ARGUMENTS',
      script: 'Plan a shed with $ARGUMENTS',
      settings: { systemPrompt: 'Be brief about $ARGUMENTS', model: 'opus' },
      session: { from: null },
      iteration: null,
    });
    expect(run.node('plan')).toMatchObject({ kind: 'agent', output: 'Plan: Plan a shed with $ARGUMENTS' });
    expect(run.node('facts').calls[0]).toMatchObject({ prompt: null, session: null });
  });

  it('fails without an answer, and is tried again when what failed it may pass', async () => {
    const silent = await test('  - { id: plan, prompt: Plan }\n', { nodes: { plan: '' } });
    expect(silent.node('plan')).toMatchObject({
      status: 'failed',
      error: "Agent node 'plan' gave no answer",
    });
    const busy = await test('  - { id: plan, prompt: Plan }\n', {
      nodes: { plan: ({ attempt }) => (attempt < 3 ? new Error('529 overloaded') : 'a plan') },
    });
    expect(busy.outcome).toEqual({ status: 'completed', output: 'a plan' });
    expect(busy.node('plan').calls).toHaveLength(3);
  });

  it('gives an answer of the declared shape, or fails', async () => {
    const shaped = `  - id: plan
    prompt: Plan
    output_format: { type: object, properties: { size: { type: integer } }, required: [size] }
  - { id: build, depends_on: [plan], bash: "echo $plan.output.size" }
`;
    const good = await test(shaped, { nodes: { plan: { size: 3 }, build: ({ script }) => script } });
    expect(good.outcome).toMatchObject({ status: 'completed', output: 'echo 3' });
    const bad = await test(shaped, { nodes: { plan: { size: 'large' }, build: '' } });
    expect(bad.node('plan').error).toContain('/size must be integer');
  });

  it('that is silent for too long fails, and ends with its run when that is cancelled', async () => {
    const run = await test('  - { id: plan, prompt: Plan, idle_timeout: 60000 }\n', {
      nodes: { plan: untilStopped },
    });
    await run.skip('1 minute');
    expect(run.outcome).toMatchObject({ status: 'failed' });
    expect(run.node('plan').error).toContain('was silent for 60000ms');
    const other = await test('  - { id: plan, prompt: Plan }\n', { nodes: { plan: untilStopped } });
    await other.cancel('me');
    expect(other.outcome).toMatchObject({ status: 'cancelled', by: 'me' });
  });

  it('goes on with the conversation of the one before, unless it is to begin its own or a copy', async () => {
    const chain = `  - { id: a, prompt: A }
  - { id: b, depends_on: [a], prompt: B }
  - { id: c, depends_on: [b], prompt: C, context: fresh }
  - { id: d, depends_on: [c], prompt: D, provider: claude, context: { resume: c } }
`;
    const run = await test(chain.replaceAll('context: { resume: c }', 'context: fresh'), { otherwise: 'ok' });
    expect([heard(run, 'a'), heard(run, 'b'), heard(run, 'c')]).toEqual([
      [{ id: 'a.1', from: null }],
      [{ id: 'a.1', from: 'a.1' }],
      [{ id: 'c.1', from: null }],
    ]);
    const forking = await test(
      `  - { id: a, prompt: A, provider: claude }
  - { id: b, depends_on: [a], prompt: B, provider: claude, context: { resume: a } }
`,
      { otherwise: 'ok' },
    );
    expect(heard(forking, 'b')).toEqual([{ id: 'b.1', from: 'a.1' }]);
  });

  it('sees whole what a node gave out that was too long to travel', async () => {
    const long = 'x'.repeat(40_000);
    const nodes = `  - { id: a, bash: x }
  - { id: b, depends_on: [a], prompt: "$a.output" }
`;
    const run = await test(nodes, { nodes: { a: long, b: 'ok' } });
    expect(said(run, 'b')).toEqual([long]);
  });
});

describe('a command', () => {
  it('is the text of its file, with what that refers to, and with what is bound to it', async () => {
    const project = await mkdtemp(join(tmpdir(), 'signalbox-commands-'));
    const archon = join(project, '.archon');
    await mkdir(join(archon, 'commands'), { recursive: true });
    await mkdir(join(archon, 'workflows'));
    await writeFile(
      join(archon, 'commands/plan.md'),
      'Plan $facts.output.size of $INPUTS.what for $ARGUMENTS',
    );
    const yaml = `name: w
description: W
nodes:
  - { id: facts, bash: x }
  - { id: plan, depends_on: [facts], command: plan, with: { what: sheds } }
  - { id: lost, depends_on: [plan], command: absent }
`;
    const file = join(archon, 'workflows/w.yaml');
    await writeFile(file, yaml);
    const run = await testbed.run(file, {
      message: 'me',
      nodes: { facts: { size: 3 }, plan: 'ok', lost: 'ok' },
    });
    expect(said(run, 'plan')).toEqual(['Plan 3 of sheds for me']);
    expect(run.node('lost')).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('Command prompt not found: absent.md'),
      calls: [],
    });
    await rm(project, { recursive: true });
  });
});

describe('a loop of turns', () => {
  const fix = `  - id: fix
    loop: { prompt: "Fix it. Before: $LOOP_PREV_OUTPUT", until: DONE, max_iterations: 3 }
  - { id: report, depends_on: [fix], bash: "echo $fix.output" }
`;

  it('goes on in one conversation, told what it gave out before, until its signal', async () => {
    const run = await test(fix, {
      nodes: {
        fix: ({ iteration }) => (iteration === 2 ? 'fixed <promise>DONE</promise>' : 'not yet'),
        report: ({ script }) => (script.includes('fixed') ? 'fixed' : ''),
      },
    });
    expect(run.outcome).toEqual({ status: 'completed', output: 'fixed' });
    expect(said(run, 'fix')).toEqual(['Fix it. Before: ', 'Fix it. Before: not yet']);
    expect(heard(run, 'fix')).toEqual([
      { id: 'fix.1.~turn.1', from: null },
      { id: 'fix.1.~turn.1', from: 'fix.1.~turn.1' },
    ]);
    const types = run.events.filter(({ nodeId }) => nodeId === 'fix').map(({ type }) => type);
    expect(types).toEqual([
      'node_started',
      'loop_iteration_started',
      'loop_iteration_completed',
      'loop_iteration_started',
      'loop_iteration_completed',
      'node_completed',
    ]);
  });

  it('fails when it is not done after its last turn', async () => {
    const run = await test(fix, { nodes: { fix: 'not yet', report: '' } });
    expect(run.node('fix')).toMatchObject({
      status: 'failed',
      error: "Loop node 'fix' exceeded max iterations (3) without completion signal 'DONE'",
    });
  });

  it('asks until_bash once neither signal nor field is given, with what the turn gave out', async () => {
    const checks: (string | undefined)[] = [];
    const nodes = `  - id: fix
    loop: { prompt: Fix, until: DONE, until_bash: test -f done, max_iterations: 3 }
`;
    const run = await test(nodes, {
      nodes: {
        fix: ({ iteration, prompt, environment }: NodeCall) => {
          if (prompt !== null) return 'so far';
          checks.push(environment['LOOP_PREV_OUTPUT']);
          return iteration === 2 ? 'yes' : { fail: 'no' };
        },
      },
    });
    expect(run.outcome).toMatchObject({ status: 'completed', output: 'so far' });
    expect(checks).toHaveLength(2);
  });

  it('ends with a field that says so, and gives out the value', async () => {
    const nodes = `  - id: fix
    loop: { prompt: Fix, until_field: ok, max_iterations: 3 }
    output_format: { type: object, properties: { ok: { type: boolean } }, required: [ok] }
`;
    const run = await test(nodes, { nodes: { fix: ({ iteration }) => ({ ok: iteration === 2 }) } });
    expect(run.outcome).toMatchObject({ status: 'completed', output: '{"ok":true}' });
  });

  it('tells a turn the whole of a long answer before it, and finds its signal in one', async () => {
    const long = 'x'.repeat(40_000);
    const run = await test(fix, {
      nodes: { fix: ({ iteration }) => (iteration === 2 ? `${long}\nDONE` : long), report: 'ok' },
    });
    expect(run.outcome).toMatchObject({ status: 'completed' });
    expect(run.node('fix').calls[1]).toMatchObject({
      previousOutput: long,
      prompt: `Fix it. Before: ${long}`,
    });
  });

  it('asks a person between its turns, and tells the next what they wrote', async () => {
    const nodes = `  - id: fix
    loop: { prompt: "Fix: $LOOP_USER_INPUT", until: DONE, max_iterations: 5, interactive: true, gate_message: "Like this?" }
`;
    const run = await test(nodes, {
      nodes: { fix: ({ userInput }) => `did ${userInput} <promise>DONE</promise>` },
    });
    expect(run.status).toBe('paused');
    expect(run.waitingGates).toMatchObject([
      { nodeId: 'fix', message: expect.stringMatching(/^✅ .*\n\ndid\n\nLike this\?$/) },
    ]);
    await run.skip('7 days');
    expect(run.status).toBe('paused');
    await run.decide('fix', 'approve', { text: 'shorter' });
    expect(run.outcome).toEqual({ status: 'completed', output: 'did shorter' });
    expect(said(run, 'fix')).toEqual(['Fix: ', 'Fix: shorter']);
  });

  it('goes on through many turns, in one history after the other', async () => {
    const nodes = `  - id: fix
    loop: { prompt: "Fix", until: DONE, max_iterations: 120 }
`;
    const run = await test(nodes, {
      nodes: { fix: ({ iteration }) => (iteration === 100 ? 'DONE' : 'so far') },
    });
    expect(run.outcome).toMatchObject({ status: 'completed' });
    expect(run.node('fix').calls).toHaveLength(100);
  });
});

describe('the example of the documentation', () => {
  it('holds', async () => {
    const page = await readFile(new URL('../../docs/testing.md', import.meta.url), 'utf8');
    const [, yaml = ''] = /```yaml\n(name: draft\n[^]*?)```/.exec(page) ?? [];
    const run = await testbed.run(
      { yaml },
      {
        message: 'How long is a train?',
        nodes: {
          write: ({ iteration, userInput }) =>
            iteration === 1 ? 'Long.' : `As long as its cars (asked: ${userInput}). <promise>DONE</promise>`,
          'release:on_reject': ({ rejectionReason }) => `mended: ${rejectionReason}`,
        },
      },
    );
    await run.decide('write', 'approve', { text: 'how long?' });
    await run.decide('release', 'reject', { text: 'too vague' });
    await run.decide('release', 'approve');
    expect(run.outcome?.status).toBe('completed');
    expect(run.node('write').output).toBe('As long as its cars (asked: how long?).');
    expect(heard(run, 'write').map((session) => session?.from)).toEqual([null, 'write.1.~turn.1']);
  });
});

describe('a gate with on_reject', () => {
  const nodes = `  - { id: draft, bash: x }
  - id: ok
    depends_on: [draft]
    approval:
      message: "Is $draft.output fine?"
      on_reject: { prompt: "Mend $draft.output: $REJECTION_REASON", max_attempts: 2 }
`;

  it('has an agent mend what was rejected, then asks again; the last rejection ends the run', async () => {
    const run = await test(nodes, { nodes: { draft: 'a draft', 'ok:on_reject': 'mended' } });
    await run.decide('ok', 'reject', { text: 'too long' });
    expect(run.status).toBe('paused');
    expect(run.waitingGates).toMatchObject([{ nodeId: 'ok', message: 'Is a draft fine?' }]);
    expect(run.node('ok:on_reject').calls).toMatchObject([
      { prompt: 'Mend a draft: too long', rejectionReason: 'too long', iteration: null },
    ]);
    await run.decide('ok', 'reject', { text: 'still' });
    expect(run.outcome).toMatchObject({ status: 'cancelled', reason: 'still', isRejected: true });
  });

  it('goes on once it is approved', async () => {
    const run = await test(nodes, { nodes: { draft: 'a draft', 'ok:on_reject': 'mended' } });
    await run.decide('ok', 'reject');
    await run.decide('ok', 'approve');
    expect(run.outcome).toMatchObject({ status: 'completed' });
  });
});
