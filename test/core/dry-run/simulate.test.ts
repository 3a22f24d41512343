import { describe, expect, it } from 'vitest';
import { compileDefinition } from '../../../src/core/definition/compile.js';
import type { WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { simulate, type DryRunOptions } from '../../../src/core/dry-run/simulate.js';
import type { DryRun } from '../../../src/core/dry-run/trace.js';

function definitionOf(nodes: string, head = ''): WorkflowDefinition {
  const text = `name: release\ndescription: Releases\ninteractive: true\n${head}nodes:\n${nodes}`;
  const compiled = compileDefinition({ file: 'release.yaml', text });
  if (compiled.kind === 'refused') throw new Error(JSON.stringify(compiled.issues, null, 1));
  return compiled.definition;
}

const dry = (nodes: string, options: Partial<DryRunOptions> = {}, head = ''): Promise<DryRun> =>
  simulate(definitionOf(nodes, head), {
    inputs: {},
    variables: { WORKFLOW_ID: 'dry-run', BASE_BRANCH: 'main' },
    stubs: {},
    pausesAtGates: false,
    perform: () => Promise.resolve(null),
    library: () => null,
    ...options,
  });

/** `COMPLETED build (bash): stub`. */
const lines = ({ trace }: DryRun): string[] =>
  trace.map(
    ({ state, nodeId, nodeType, reason, iteration }) =>
      `${state} ${nodeId}${iteration === undefined ? '' : `#${iteration}`} (${nodeType}): ${reason}`,
  );

const BUILD = '  - { id: build, bash: make }\n';
const SHIP = "  - { id: ship, depends_on: [build], bash: 'ship $build.output' }\n";

describe('a dry run', () => {
  it('goes through the nodes in order, with stubs for their work', async () => {
    const run = await dry(BUILD + SHIP, { stubs: { build: 'v1', ship: { ok: true } } });
    expect(lines(run)).toEqual(['completed build (bash): stub', 'completed ship (bash): stub']);
    expect(run).toMatchObject({
      workflow: 'release',
      outcome: 'completed',
      summary: '{"ok":true}',
      missingStubs: [],
      unusedStubs: [],
    });
    expect(run.trace[1]).toMatchObject({ output: '{"ok":true}' });
    expect(run.trace[1]?.resolvedText).toContain('v1');
  });

  it('fails where a stub is missing, and names all that are', async () => {
    const run = await dry(`${BUILD}  - { id: lint, bash: lint }\n${SHIP}`, { stubs: { spare: 'x' } });
    expect(run).toMatchObject({ outcome: 'failed', missingStubs: ['build', 'lint'], unusedStubs: ['spare'] });
    expect(lines(run)).toEqual([
      "failed build (bash): there is no stub for node 'build', which the run would reach",
      "failed lint (bash): there is no stub for node 'lint', which the run would reach",
      'skipped ship (bash): trigger_rule',
    ]);
  });

  it('takes the branch that its conditions take, and says which was not', async () => {
    const branch = (id: string, is: string): string =>
      `  - { id: ${id}, depends_on: [build], when: "$build.output.kind == '${is}'", bash: x }\n`;
    const run = await dry(BUILD + branch('fast', 'small') + branch('slow', 'large'), {
      stubs: { build: { kind: 'small' }, fast: 'done' },
    });
    expect(lines(run).slice(1)).toEqual([
      'completed fast (bash): stub',
      "skipped slow (bash): when_condition: $build.output.kind == 'large'",
    ]);
  });

  it('tells a reference that stands for nothing, as a run would', async () => {
    const read = "  - { id: read, depends_on: [build], bash: 'echo $build.output.size' }\n";
    const run = await dry(BUILD + read, { stubs: { build: { kind: 'x' }, read: '' } });
    expect(run.trace[1]).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^Bash node 'read' failed before execution: .*without 'size'/) as string,
    });
  });

  it('tries again what fails, by the rules of the node', async () => {
    const retry = '  - { id: build, bash: make, retry: { max_attempts: 1, on_error: all } }\n';
    const run = await dry(retry, { stubs: { build: { fail: 'no compiler' } } });
    const failure = "failed build (bash): Bash node 'build' failed [exit 1]: no compiler";
    expect(lines(run)).toEqual([failure, failure]);
  });

  it('does the work of a node without a stub where somebody does', async () => {
    const asked: unknown[] = [];
    const run = await dry(BUILD + SHIP, {
      stubs: { build: 'v1' },
      perform: ({ node, text }) => {
        asked.push([node.id, text?.includes('v1')]);
        return Promise.resolve({ how: 'executed', played: { kind: 'output', text: 'shipped' } });
      },
    });
    expect(asked).toEqual([['ship', true]]);
    expect(lines(run)[1]).toBe('completed ship (bash): executed');
    expect(run.summary).toBe('shipped');
  });

  it('is cancelled by a cancel node', async () => {
    const cancel = "  - { id: stop, depends_on: [build], cancel: 'nothing in $build.output' }\n";
    const run = await dry(BUILD + cancel, { stubs: { build: 'v1' } });
    expect(run).toMatchObject({ outcome: 'cancelled', reason: 'nothing in v1' });
    expect(lines(run)[1]).toBe('completed stop (cancel): the run is cancelled: nothing in v1');
  });
});

describe('a gate in a dry run', () => {
  const GATE = "  - { id: review, depends_on: [build], approval: { message: 'Ship $build.output?' } }\n";
  const AFTER = "  - { id: ship, depends_on: [review], bash: 'ship $review.output' }\n";
  const DECLARED = `  - id: review
    approval:
      message: Well?
      decisions: [{ id: approve }, { id: later }]
  - { id: ship, depends_on: [review], when: "$review.output.decision == 'approve'", bash: x }
`;

  it('is approved, and gives out what a run would give out', async () => {
    const run = await dry(BUILD + GATE + AFTER, { stubs: { build: 'v1', ship: '' } });
    expect(run.trace[1]).toEqual({
      nodeId: 'review',
      nodeType: 'approval',
      state: 'completed',
      reason: 'decided: approve',
      resolvedText: 'Ship v1?',
      output: '',
    });
  });

  it('shows its message as a run shows it: the words of the user stay plain', async () => {
    const plain = "  - { id: review, approval: { message: 'Ship $ARGUMENTS?' } }\n";
    const run = await dry(plain, { variables: { ARGUMENTS: 'secret' } });
    expect(run.trace[0]?.resolvedText).toBe('Ship $ARGUMENTS?');
  });

  it('takes the decision that its stub names', async () => {
    const run = await dry(DECLARED, { stubs: { review: { decision: 'later', text: 'on Monday' } } });
    expect(run.trace).toMatchObject([
      { reason: 'decided: later', output: '{"decision":"later","text":"on Monday"}' },
      { nodeId: 'ship', state: 'skipped' },
    ]);
    expect(run.unusedStubs).toEqual([]);
  });

  it('refuses a decision that it does not know', async () => {
    await expect(dry(DECLARED, { stubs: { review: 'perhaps' } })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('choose one of: approve, later, reject') as string,
    });
  });

  it('ends the run by a reject', async () => {
    const run = await dry(BUILD + GATE + AFTER, { stubs: { build: 'v1', review: 'reject' } });
    expect(run).toMatchObject({ outcome: 'cancelled', reason: 'Rejected' });
  });

  it('ends the run by a reject that a run would have mended: nobody would approve what comes of it', async () => {
    const mending = "  - { id: review, approval: { message: Well?, on_reject: { prompt: 'Mend it' } } }\n";
    const run = await dry(mending, { stubs: { review: 'reject' } });
    expect(run).toMatchObject({ outcome: 'cancelled', reason: 'Rejected', missingStubs: [] });
    const approved = await dry(mending, {});
    expect(approved).toMatchObject({ outcome: 'completed' });
  });

  it('stops the run where that is wanted, after what else can be done', async () => {
    const beside = '  - { id: lint, depends_on: [build], bash: lint }\n';
    const run = await dry(BUILD + GATE + beside + AFTER, {
      stubs: { build: 'v1', lint: '' },
      pausesAtGates: true,
    });
    expect(run.outcome).toBe('paused');
    expect(lines(run)).toEqual([
      'completed build (bash): stub',
      'paused review (approval): waits for a person',
      'completed lint (bash): stub',
    ]);
  });
});

describe('a loop group in a dry run', () => {
  const group = (rules: string): string => `  - id: rounds
    loop_group:
      ${rules}
      max_iterations: 2
      nodes:
        - { id: fix, bash: fix }
        - { id: check, depends_on: [fix], bash: check }
`;

  it('runs its body until the signal, with stubs by id or by group and id', async () => {
    const run = await dry(group('until: GREEN'), { stubs: { fix: 'fixed', 'rounds.check': 'all GREEN' } });
    expect(lines(run)).toEqual([
      'completed rounds.fix#1 (bash): stub',
      'completed rounds.check#1 (bash): stub',
      'completed rounds (loop_group): done after 1 iteration(s)',
    ]);
    expect(run.outcome).toBe('completed');
  });

  it('fails when the signal does not come', async () => {
    const run = await dry(group('until: GREEN'), { stubs: { fix: 'fixed', check: 'red' } });
    expect(run.trace).toHaveLength(5);
    expect(lines(run).at(-1)).toContain('exceeded max iterations (2)');
    expect(run.outcome).toBe('failed');
  });

  it('takes a condition that only a host could find out as met', async () => {
    const run = await dry(group('until_bash: test -f done'), { stubs: { fix: '', check: '' } });
    expect(lines(run).at(-1)).toBe('completed rounds (loop_group): done after 1 iteration(s)');
  });

  it('misses stubs by group and id', async () => {
    const run = await dry(group('until: GREEN'), { stubs: { fix: '' } });
    expect(run.missingStubs).toEqual(['rounds.check']);
  });
});

describe('what only others can do, in a dry run', () => {
  it('needs a stub: agents, and workflows that are not known', async () => {
    const nodes = `  - { id: plan, prompt: 'Plan $ARGUMENTS' }
  - { id: child, depends_on: [plan], workflow: deploy, input: $plan.output }
`;
    const variables = { ARGUMENTS: 'the release' };
    const run = await dry(nodes, { variables, stubs: { plan: 'a plan', child: 'deployed' } });
    expect(run.trace).toMatchObject([
      { nodeId: 'plan', nodeType: 'prompt', reason: 'stub', resolvedText: 'Plan the release' },
      { nodeId: 'child', nodeType: 'workflow', reason: 'stub', resolvedText: 'a plan' },
    ]);
    expect((await dry(nodes, { variables })).missingStubs).toEqual(['plan']);
  });

  it('gives the fields of a declared shape, and no other', async () => {
    const nodes = `  - { id: plan, prompt: Plan, output_format: { type: object, properties: { size: { type: string }, note: { type: string } } } }
  - { id: big, depends_on: [plan], when: "$plan.output.note == ''", bash: x }
`;
    const run = await dry(nodes, { stubs: { plan: { size: 'large' }, big: '' } });
    expect(lines(run)).toEqual(['completed plan (prompt): stub', 'completed big (bash): stub']);
    const bad = await dry(nodes, { stubs: { plan: 'no JSON' } });
    expect(lines(bad)[0]).toBe(
      "failed plan (prompt): Prompt node 'plan' put out no JSON, though it has an output_format",
    );
  });
});
