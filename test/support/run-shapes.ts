import { MESSAGES } from '../../src/contract/messages.js';
import { SEARCH_ATTRIBUTES } from '../../src/contract/memo.js';
import type { StartRequest } from '../../src/contract/start-request.js';
import type { HostId, RunId, WorkingPath } from '../../src/core/ids.js';
import { aBashNode, aCancelNode, aDefinition, aGate, aLoopGroup } from './builders.js';
import { aLatch, fails, inTurn, runsUntilStopped, says } from './node-scripts.js';
import { eventually } from './eventually.js';
import { decide, endOf, untilWaiting } from './run-probes.js';
import { startRequest, type RunStage, type StagedRun } from './run-stage.js';
import { aLibrary, aSubrunDraft, over as overItems } from './subrun-shapes.js';

/** A way in which runs go. Played on a stage it leaves a closed run. */
export type RunShape = (stage: RunStage, over: Partial<StartRequest>) => Promise<StagedRun>;

/** The nth of some: names that are the same on every machine. */
export function shapeIdentity(index: number): Partial<StartRequest> {
  const digits = String(index).padStart(12, '0');
  return {
    runId: `00000000-0000-4000-8000-${digits}` as RunId,
    startToken: `11111111-0000-4000-8000-${digits}`,
    workingPath: `/repos/shape-${index}` as WorkingPath,
    hostId: 'test-host' as HostId,
  };
}

const idOf = (position: number): string => `node-${position}`;
const chainDrafts = (length: number) =>
  Array.from({ length }, (_, position) =>
    aBashNode(idOf(position), { needs: position === 0 ? [] : [idOf(position - 1)] }),
  );

/** Every shape that a history of is kept and replayed. */
export const RUN_SHAPES: Readonly<Record<string, RunShape>> = {
  chain: async (stage, over) => {
    const run = await stage.start(aDefinition(chainDrafts(3)), over);
    await endOf(stage, run);
    return run;
  },

  parallel: async (stage, over) => {
    stage.nodes.set('check', says('{"isReady":true}')).set('left', fails('left is broken'));
    const drafts = [
      aBashNode('check'),
      aBashNode('left', { needs: ['check'] }),
      aBashNode('right', { needs: ['check'], when: "$check.output.isReady == 'true'" }),
      aBashNode('never', { needs: ['check'], when: "$check.output.isReady == 'false'" }),
      aBashNode('after', { needs: ['left'] }),
      aBashNode('join', {
        needs: ['left', 'right'],
        triggerRule: 'one_success',
        script: 'use $right.output',
      }),
    ];
    const run = await stage.start(aDefinition(drafts, { schedule: 'dataflow' }), over);
    await endOf(stage, run);
    return run;
  },

  gates: async (stage, over) => {
    const drafts = [
      aGate('security', { message: 'Safe?', timeoutMs: 3_600_000 }),
      aGate('design', { decisions: [{ id: 'yes', label: null }] }),
      aGate('late', { needs: ['security', 'design'], timeoutMs: 50 }),
    ];
    const run = await stage.start(aDefinition(drafts), {
      ...over,
      searchAttributes: [SEARCH_ATTRIBUTES.status],
    });
    await untilWaiting(run, 'security', 'design');
    await run.handle.signal(MESSAGES.decideSignal, { nodeId: 'design', decision: 'no' });
    await run.handle.signal(MESSAGES.decideSignal, { nodeId: 'design', decision: 'yes' });
    await untilWaiting(run, 'security');
    await decide(run, { decision: 'approve', text: 'fine', by: 'ann' });
    await endOf(stage, run);
    return run;
  },

  retry: async (stage, over) => {
    stage.nodes.set('flaky', inTurn(fails('rate limit'), fails('rate limit'), says('at last')));
    const retry = { maxAttempts: 3, delayMs: 20, onError: 'transient' } as const;
    const run = await stage.start(aDefinition([aBashNode('flaky', { retry })]), over);
    await endOf(stage, run);
    return run;
  },

  cancel: async (stage, over) => {
    const latch = aLatch();
    stage.nodes.set('long', (task, signal) => {
      void latch.script(task, signal).catch(() => undefined);
      return runsUntilStopped(task, signal);
    });
    const drafts = [aBashNode('long'), aGate('review'), aBashNode('next', { needs: ['long'] })];
    const run = await stage.start(aDefinition(drafts), over);
    await latch.reached;
    await run.handle.executeUpdate(MESSAGES.cancelUpdate, { args: [{ by: 'ann', reason: 'wrong branch' }] });
    await endOf(stage, run);
    return run;
  },

  'cancelled-by-node': async (stage, over) => {
    const drafts = [aBashNode('check'), aCancelNode('stop', { needs: ['check'], reason: 'nothing to do' })];
    const run = await stage.start(aDefinition(drafts), over);
    await endOf(stage, run);
    return run;
  },

  /** Needs a server that soon suggests it. */
  'continue-as-new': async (stage, over) => {
    const drafts = [aGate('review'), ...chainDrafts(12)];
    const run = await stage.start(aDefinition(drafts, { schedule: 'dataflow' }), over);
    await untilWaiting(run, 'review');
    await decide(run, { decision: 'approve' });
    await endOf(stage, run);
    return run;
  },

  resumed: async (stage, over) => {
    stage.nodes.set('node-1', fails('broken'));
    const first = await stage.start(aDefinition(chainDrafts(3)), over);
    await endOf(stage, first);
    stage.nodes.delete('node-1');
    const { runId } = first.request;
    const { epoch } = (await stage.table.newestGeneration(runId))!;
    const resume = { epoch, error: 'node-1 failed' };
    const request = { ...first.request, startToken: '22222222-0000-4000-8000-000000000000', resume };
    const run = { request, handle: await startRequest(stage.environment, request) };
    await endOf(stage, run);
    return run;
  },

  'loop-group': async (stage, over) => {
    const script = { kind: 'inline', text: 'test -f done' } as const;
    const iterationOf = (id: string): string | undefined => id.split('.')[1];
    stage.nodes
      .set('fix', (task, signal) =>
        (iterationOf(task.attemptId) === '2' ? says('') : fails('not yet'))(task, signal),
      )
      .set('talk.say', (task, signal) =>
        says(iterationOf(task.attemptId) === '2' ? 'DONE' : 'draft')(task, signal),
      );
    const body = [aBashNode('change'), aGate('look', { needs: ['change'] })];
    const drafts = [
      aLoopGroup('fix', body, { rules: { until: null, untilBash: script } }),
      aLoopGroup('talk', [aBashNode('say')], { needs: ['fix'], rules: { isInteractive: true } }),
    ];
    const run = await stage.start(aDefinition(drafts, { requiresEvidence: true }), over);
    for (const [gate, text] of [['fix.look'], ['fix.look'], ['talk', 'shorter']] as const) {
      await untilWaiting(run, gate);
      await decide(run, { nodeId: gate, decision: 'approve', text: text ?? null });
    }
    await endOf(stage, run);
    return run;
  },

  'sub-run': async (stage, over) => (await playSubrun(stage, over)).parent,

  'sub-run-child': async (stage, over) => (await playSubrun(stage, over)).child,

  'sub-run-rejected-child': async (stage, over) => (await playSubrun(stage, over, 'reject')).child,

  'fan-out': async (stage, over) => {
    const fanOut = overItems('["a", "b", "c", "d"]', { maxParallel: 2, as: 'item' });
    const definition = aDefinition([aSubrunDraft('fan', { fanOut })]);
    const run = await stage.start(definition, { ...over, library: aLibrary(ASKING) });
    for (const item of [0, 1, 2, 3]) {
      await eventually(() => decide(run, { nodeId: `fan[${item}]/ok`, decision: 'approve', by: 'ann' }));
    }
    await endOf(stage, run);
    return run;
  },

  'fan-out-cancelled': async (stage, over) => {
    const fanOut = overItems('["a", "b", "c"]', { maxParallel: 2, as: 'item' });
    const definition = aDefinition([aSubrunDraft('fan', { fanOut })]);
    const run = await stage.start(definition, { ...over, library: aLibrary(ASKING) });
    await untilWaiting(run, 'fan[0]/ok', 'fan[1]/ok');
    await run.handle.executeUpdate(MESSAGES.cancelUpdate, { args: [{ by: 'ann', reason: 'wrong branch' }] });
    await endOf(stage, run);
    return run;
  },
};

/** A workflow that asks a person, and changes nothing. */
const ASKING = aDefinition([aBashNode('look'), aGate('ok', { needs: ['look'], captureResponse: true })], {
  ...{ name: 'child', mutatesCheckout: false },
  inputs: [{ name: 'item', description: null, isRequired: false, defaultValue: 'none' }],
});

/** A parent whose sub-run asks a person, who answers at the parent. */
async function playSubrun(
  stage: RunStage,
  over: Partial<StartRequest>,
  decision = 'approve',
): Promise<{ readonly parent: StagedRun; readonly child: StagedRun }> {
  const drafts = [
    aBashNode('before'),
    aSubrunDraft('sub', { needs: ['before'], input: 'look at $before.output' }),
    aBashNode('after', { needs: ['sub'], script: 'echo $sub.output' }),
  ];
  const parent = await stage.start(aDefinition(drafts), { ...over, library: aLibrary(ASKING) });
  await untilWaiting(parent, 'sub/ok');
  await decide(parent, { decision, text: 'fine', by: 'ann' });
  await endOf(stage, parent);
  const [row] = await stage.table.childrenOf(parent.request.runId);
  const handle = stage.environment.client.workflow.getHandle(row!.temporalWorkflowId!);
  const { runId: firstExecutionRunId } = await handle.describe();
  return {
    parent,
    child: { request: parent.request, handle: Object.assign(handle, { firstExecutionRunId }) },
  };
}
