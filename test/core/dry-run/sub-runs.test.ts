import { describe, expect, it } from 'vitest';
import type { WorkflowDefinition } from '../../../src/core/definition/definition.js';
import { simulate, type DryRunOptions } from '../../../src/core/dry-run/simulate.js';
import type { DryRun } from '../../../src/core/dry-run/trace.js';
import { aBashNode, aCancelNode, aDefinition, aGate } from '../../support/builders.js';
import { aSubrunDraft, over } from '../../support/subrun-shapes.js';

const inner = aBashNode('inner', { script: 'did it' });
const inputs = [{ name: 'who', description: null, isRequired: false, defaultValue: 'ann' }];
const child = aDefinition([inner], { ...{ name: 'child', mutatesCheckout: false }, inputs });
const single = aDefinition([
  aBashNode('list'),
  aSubrunDraft('sub', { needs: ['list'], input: 'see $list.output' }),
  aBashNode('after', { needs: ['sub'], script: 'use $sub.output' }),
]);
const fan = (rules: Parameters<typeof over>[1] = {}): WorkflowDefinition =>
  aDefinition([
    aBashNode('list'),
    aSubrunDraft('fan', { needs: ['list'], fanOut: over('$list.output', rules) }),
  ]);

/** Goes dry, among these workflows; what has no stub says what it is told. */
function dry(
  definition: WorkflowDefinition,
  library: readonly WorkflowDefinition[],
  options: Partial<DryRunOptions> = {},
): Promise<DryRun> {
  return simulate(definition, {
    inputs: {},
    variables: { WORKFLOW_ID: 'dry-run', ARGUMENTS: 'of the root' },
    stubs: {},
    pausesAtGates: false,
    library: (target) => library.find(({ name }) => name === target) ?? null,
    perform: ({ node, inputs: given, variables }) => {
      const text = `${node.id}: ${variables['ARGUMENTS'] ?? ''} for ${given['who'] ?? 'nobody'}`;
      return Promise.resolve({ how: 'executed', played: { kind: 'output', text } });
    },
    ...options,
  });
}

/** `COMPLETED child/inner [1]: stub`. */
const lines = ({ trace }: DryRun): string[] =>
  trace.map(({ state, nodeId, item, reason }) => {
    return `${state} ${nodeId}${item === undefined ? '' : `[${item}]`}: ${reason}`;
  });

describe('a dry run of a sub-run', () => {
  it('goes through its nodes, with its own message and inputs, and takes its result', async () => {
    const run = await dry(single, [child], { stubs: { list: 'all' } });
    expect(lines(run)).toEqual([
      'completed list: stub',
      'completed child/inner: executed',
      "completed sub: ran 'child'",
      'completed after: executed',
    ]);
    expect(run.trace).toMatchObject([
      {},
      { output: 'inner: see all for ann' },
      { output: 'inner: see all for ann' },
      {
        resolvedText: expect.stringContaining('inner: see all for ann'),
        output: 'after: of the root for nobody',
      },
    ]);
  });

  it('takes a stub of its node for all of it', async () => {
    const run = await dry(single, [child], { stubs: { sub: 'played' } });
    expect(lines(run)).toEqual([
      'completed list: executed',
      'completed sub: stub',
      'completed after: executed',
    ]);
  });

  it.each(['child/inner', 'inner'])('takes a stub called %s for its node', async (name) => {
    const run = await dry(single, [child], { stubs: { [name]: 'played' } });
    expect(run.trace.find(({ nodeId }) => nodeId === 'sub')).toMatchObject({ output: 'played' });
    expect(run.unusedStubs).toEqual([]);
  });

  it('misses its stubs by the name of its workflow', async () => {
    const run = await dry(single, [child], { stubs: { list: '' }, perform: () => Promise.resolve(null) });
    expect(run).toMatchObject({ outcome: 'failed', missingStubs: ['child/inner'] });
  });

  it('fails with it, and with one that is cancelled', async () => {
    const failing = await dry(single, [child], { stubs: { inner: { fail: 'no disk' } } });
    expect(failing).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('no disk') });
    const ending = aDefinition([aCancelNode('end', { reason: 'enough' })], { name: 'child' });
    const cancelled = await dry(single, [ending]);
    expect(cancelled.reason).toContain("sub-run 'child' was cancelled: enough");
  });

  it('waits where it waits for a person', async () => {
    const gated = aDefinition([aGate('ok')], { name: 'child' });
    expect(lines(await dry(single, [gated]))).toContain('completed child/ok: decided: approve');
    const run = await dry(single, [gated], { pausesAtGates: true });
    expect(run.outcome).toBe('paused');
    expect(lines(run).at(-1)).toBe('paused sub: a sub-run waits for a person');
  });

  it('refuses what a run would: itself, and what it needs and is not given', async () => {
    const loop = aDefinition([aSubrunDraft('sub', { target: 'loop' })], { name: 'loop' });
    expect((await dry(loop, [loop])).reason).toContain("'loop' would run itself: loop → loop");
    const strict = { ...child, inputs: [{ name: 'who', description: null, isRequired: true }] };
    expect((await dry(single, [strict])).reason).toContain('workflow child is not given its input who');
  });
});

describe('a dry run of a fan-out', () => {
  it('goes through each item, and keeps their order', async () => {
    const run = await dry(fan({ as: 'who' }), [child], { stubs: { list: ['ann', 'bob'] } });
    expect(lines(run)).toEqual([
      'completed list: stub',
      'completed child/inner[0]: executed',
      'completed child/inner[1]: executed',
      "completed fan: ran 'child' for 2 item(s)",
    ]);
    expect(JSON.parse(run.summary ?? '')).toEqual(['inner:  for ann', 'inner:  for bob']);
  });

  it('goes through more items than one slice of a plan has', async () => {
    const items = Array.from({ length: 250 }, (_, index) => index);
    const run = await dry(fan(), [child], { stubs: { list: items, inner: 'x' } });
    expect(JSON.parse(run.summary ?? '')).toEqual(items.map(() => 'x'));
  });

  it('has a record of what failed, or ends with it, as its join says', async () => {
    const stubs = { list: ['a', 'b'], inner: { fail: 'bad luck' } };
    expect(JSON.parse((await dry(fan(), [child], { stubs })).summary ?? '')).toMatchObject([
      { archon_failed: true, status: 'failed' },
      { archon_failed: true, status: 'failed' },
    ]);
    const strict = await dry(fan({ join: 'all_success' }), [child], { stubs });
    expect(strict.reason).toContain("sub-run 1 ('child') failed");
    expect(lines(strict).filter((line) => line.includes('child/inner'))).toHaveLength(1);
  });

  it('is refused where several would change one checkout, and where its items are no list', async () => {
    const changing = aDefinition([inner], { name: 'child' });
    const crowd = await dry(fan(), [changing], { stubs: { list: ['a', 'b'] } });
    expect(crowd.reason).toContain("2 runs of 'child' at once would change one checkout");
    expect((await dry(fan(), [child], { stubs: { list: 'no list' } })).reason).toContain(
      'items is no JSON array',
    );
  });
});
