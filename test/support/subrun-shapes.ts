import type { Library } from '../../src/contract/start-request.js';
import type { SubrunNode, WorkflowDefinition } from '../../src/core/definition/definition.js';
import type { RunId } from '../../src/core/ids.js';
import type { ChildEnd, ChildPlan } from '../../src/core/subrun/subruns.js';
import { nodeId, type NodeDraft } from './builders.js';

type FanOut = NonNullable<SubrunNode['fanOut']>;

/** A compiled node that runs another workflow. */
export function aSubrun(over: Partial<SubrunNode> = {}): SubrunNode {
  return {
    ...{ id: nodeId('sub'), kind: 'workflow', description: null, dependsOn: [], layer: 0, when: null },
    ...{ triggerRule: 'all_success', references: [], fieldsRead: [] },
    ...{ target: 'child', input: '', isolation: 'inherit', fanOut: null },
    ...over,
  };
}

/** The same for each item of a list. */
export function aFanOut(over: Partial<FanOut> = {}, node: Partial<SubrunNode> = {}): SubrunNode {
  const fanOut: FanOut = { items: '[]', as: null, maxParallel: 5, join: 'all_done', ...over };
  return aSubrun({ ...node, fanOut });
}

export function aPlan(message: string, over: Partial<ChildPlan> = {}): ChildPlan {
  return { hash: `hash of ${message}`, message, inputs: {}, inputValues: {}, former: null, ...over };
}

export function aRunId(number: number): RunId {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}` as RunId;
}

export function completed(text: string, number = 1): ChildEnd {
  const output = { kind: 'inline', text } as const;
  return { status: 'completed', runId: aRunId(number), output, isStructured: false };
}

export function failed(message: string, number = 1): ChildEnd {
  return { status: 'failed', runId: aRunId(number), failure: { code: 'RUN_FAILED', message } };
}

/** The same as it stands among other drafts of a definition. */
export function aSubrunDraft(
  id: string,
  over: Partial<Omit<NodeDraft<'workflow'>, 'id' | 'kind'>> = {},
): NodeDraft<'workflow'> {
  return {
    ...{ id: nodeId(id), kind: 'workflow', description: null, needs: [], when: null },
    ...{ triggerRule: 'all_success', target: 'child', input: '', isolation: 'inherit', fanOut: null },
    ...over,
  };
}

/** One sub-run for each item of a text. */
export function over(items: string, rules: Partial<FanOut> = {}): FanOut {
  return { items, as: null, maxParallel: 5, join: 'all_done', ...rules };
}

/** Definitions as a start request brings them along. */
export function aLibrary(...definitions: readonly WorkflowDefinition[]): Library {
  return Object.fromEntries(
    definitions.map((one) => [one.name, { kind: 'inline', text: JSON.stringify(one) }]),
  );
}
