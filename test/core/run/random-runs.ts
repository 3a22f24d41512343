import fc from 'fast-check';
import type {
  Graph,
  RetryPolicy,
  Schedule,
  TriggerRule,
  WorkflowDefinition,
} from '../../../src/core/definition/definition.js';
import type { NodeId } from '../../../src/core/ids.js';
import type { GateAnswer, RunEvent } from '../../../src/core/run/run-state.js';
import type { NodeFailure } from '../../../src/core/run/task.js';
import {
  aBashNode,
  aCancelNode,
  aDefinition,
  aFailure,
  aGate,
  aLoopGroup,
  anAgentLoop,
  anAgentNode,
  type NodeDraft,
} from '../../support/builders.js';
import type { World } from './simulate.js';

const TRIGGER_RULES: readonly TriggerRule[] = [
  'all_success',
  'one_success',
  'none_failed_min_one_success',
  'all_done',
];
const RETRIES: readonly (RetryPolicy | null)[] = [
  null,
  { maxAttempts: 1, delayMs: 1000, onError: 'transient' },
  { maxAttempts: 2, delayMs: 1000, onError: 'all' },
];
const FAILURES: readonly NodeFailure[] = [
  aFailure({ message: 'rate limit' }),
  aFailure({ message: 'no idea' }),
  aFailure({ message: 'permission denied' }),
  aFailure({ code: 'NODE_INTERRUPTED', message: 'worker lost' }),
  aFailure({ code: 'NODE_TIMED_OUT', message: 'timed out after 5ms' }),
];
const AT = '2026-11-22T10:00:00.000Z';
const INTERVENTIONS: readonly RunEvent[] = [
  { type: 'cancelRequested', cancellation: { by: 'me', reason: null, nodeId: null }, at: AT },
  { type: 'runAborted', failure: { code: 'INTERNAL', message: 'broken' }, at: AT },
];

/** A small number that depends on a seed and a name alone. */
function pick(seed: number, ...names: readonly (string | number)[]): number {
  let hash = seed | 0;
  for (const character of names.join(' ')) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

const chosen = <Value>(values: readonly Value[], number: number): Value => values[number % values.length]!;

/** What a node may refer to: any node of the graph, itself and later ones included. */
const referenceTo = (id: string, number: number): string =>
  chosen([`$${id}.output`, `$${id}.output.verdict`, `$${id}.output`], number);

const conditionOn = (id: string, number: number): string =>
  chosen(
    [
      `$${id}.output == 'x'`,
      `$${id}.output != 'x'`,
      `$${id}.output.verdict == 'go'`,
      `$${id}.output > 3`,
      `$INPUTS.mode == 'fast' || $${id}.output != ''`,
      `$INPUTS.absent == 'fast'`,
      `(nobody reads this`,
    ],
    number,
  );

interface NodeSeed {
  readonly kind: number;
  readonly needs: readonly number[];
  readonly rule: number;
  readonly retry: number;
  readonly when: number | null;
  readonly refersTo: number | null;
  /** Of a loop group. */
  readonly body: readonly NodeSeed[];
}

/** A number, now and then. */
const seldom = fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(1000) });

/** @param depth how many loop groups may stand in each other */
const nodeSeed = (depth: number): fc.Arbitrary<NodeSeed> =>
  fc.record({
    kind: fc.nat(depth === 0 ? 13 : 16),
    needs: fc.array(fc.nat(1000), { maxLength: 3 }),
    rule: fc.nat(9),
    retry: fc.nat(2),
    when: seldom,
    refersTo: seldom,
    body: depth === 0 ? fc.constant([]) : fc.array(nodeSeed(depth - 1), { minLength: 1, maxLength: 3 }),
  });

/** The graph that a node is in. */
interface Surrounding {
  readonly prefix: string;
  readonly count: number;
  readonly hasCancelNodes: boolean;
  readonly isBody: boolean;
}

function toDraft(seed: NodeSeed, index: number, all: Surrounding): NodeDraft {
  const id = `${all.prefix}${index}`;
  const needs = index === 0 ? [] : [...new Set(seed.needs.map((need) => `${all.prefix}${need % index}`))];
  const triggerRule = chosen(TRIGGER_RULES, seed.rule);
  const other = (number: number): string => {
    if (!all.isBody) return `n${number % all.count}`;
    return chosen([`${all.prefix}${number % all.count}`, `n${number % 3}`], number >>> 2);
  };
  const refersTo = (number: number): string =>
    all.isBody && number % 3 === 0
      ? `$LOOP_PREV.${all.prefix}${number % all.count}.output`
      : referenceTo(other(number), number);
  const when = seed.when === null ? null : conditionOn(other(seed.when), seed.when);
  const text = seed.refersTo === null ? chosen(['ok', 'DONE', 'so far'], seed.rule) : refersTo(seed.refersTo);
  const base = { needs, triggerRule, when };
  if (seed.kind >= 14 && seed.body.length > 0) {
    return aLoopGroup(id, toBody(seed, id, all), { ...base, rules: toRules(seed) });
  }
  if (seed.kind >= 10) return toAgent(id, seed, { ...base, text });
  if (seed.kind === 9 && all.hasCancelNodes) return aCancelNode(id, { ...base, reason: text });
  if (seed.kind >= 7) return aGate(id, { ...base, ...toGate(seed, text) });
  const script = seed.kind === 0 ? '{"verdict":"go"}' : text;
  return aBashNode(id, { ...base, script, retry: chosen(RETRIES, seed.retry) });
}

type Based = Pick<NodeDraft<'agent'>, 'needs' | 'triggerRule' | 'when'> & { readonly text: string };

function toAgent(id: string, seed: NodeSeed, { text, ...base }: Based): NodeDraft {
  if (seed.kind >= 12) {
    return anAgentLoop(id, { ...base, text: `${text} $LOOP_PREV_OUTPUT`, rules: toRules(seed) });
  }
  const settings = chosen([{}, { context: 'fresh' }, { provider: 'codex' }], seed.retry + seed.rule);
  return anAgentNode(id, { ...base, text, settings, retry: chosen(RETRIES, seed.retry) });
}

/** With decisions, with a comment, or with an agent that mends what was rejected. */
function toGate({ kind, rule }: NodeSeed, message: string): Partial<Parameters<typeof aGate>[1]> {
  const later = { id: 'later', label: 'Later' };
  if (kind === 8) return { message, decisions: [{ id: 'approve', label: null }, later] };
  if (rule % 2 === 0) return { message, captureResponse: true };
  const prompt = { kind: 'inline', text: `Mend $REJECTION_REASON ${message}` } as const;
  return { message, captureResponse: true, onReject: { prompt, maxAttempts: 1 + (rule % 4) } };
}

function toBody({ body }: NodeSeed, id: string, { hasCancelNodes }: Surrounding): readonly NodeDraft[] {
  const inside = { prefix: `${id}x`, count: body.length, hasCancelNodes, isBody: true };
  return body.map((seed, index) => toDraft(seed, index, inside));
}

function toRules({ kind, rule, retry }: NodeSeed) {
  const script = { kind: 'inline', text: 'test -f done' } as const;
  return {
    until: rule % 3 === 0 ? null : 'DONE',
    untilBash: rule % 3 === 1 ? null : script,
    maxIterations: 1 + (retry % 3),
    isInteractive: kind % 3 === 1,
    gateMessage: kind % 3 === 1 ? 'Like this?' : null,
    freshContext: retry === 0,
    signalCompletes: rule % 2 === 0,
  };
}

/** Nodes of a random graph, in random order, of every kind, loop groups in loop groups included. */
export function randomDrafts(options: {
  readonly hasCancelNodes: boolean;
}): fc.Arbitrary<readonly NodeDraft[]> {
  const seeds = fc.array(nodeSeed(2), { minLength: 1, maxLength: 10 });
  return fc.tuple(seeds, fc.nat()).map(([all, order]) => {
    const drafts = all.map((seed, index) =>
      toDraft(seed, index, { prefix: 'n', count: all.length, isBody: false, ...options }),
    );
    return drafts.sort((a, b) => pick(order, a.id) - pick(order, b.id));
  });
}

/** A definition of these nodes with that schedule, in bodies of loop groups, too. */
export function scheduled(drafts: readonly NodeDraft[], schedule: Schedule): WorkflowDefinition {
  const definition = aDefinition(drafts);
  return { ...definition, ...reschedule(definition, schedule) };
}

function reschedule({ nodes }: Graph, schedule: Schedule): Graph {
  return {
    schedule,
    nodes: nodes.map((node) =>
      node.kind === 'loop_group' ? { ...node, body: reschedule(node.body, schedule) } : node,
    ),
  };
}

function failureOf(seed: number, nodeId: NodeId, attempt: number): 'completed' | NodeFailure {
  const number = pick(seed, nodeId, attempt);
  return number % 4 === 0 ? chosen(FAILURES, number >>> 2) : 'completed';
}

function answerOf(seed: number, nodeId: NodeId, mayMend: boolean): GateAnswer | 'timeout' {
  const number = pick(seed, 'gate', nodeId);
  if (mayMend && number % 2 === 0) return { decision: 'reject', text: 'not yet', by: 'me' };
  if (number % 5 === 0) return 'timeout';
  return { decision: 'approve', text: number % 2 === 0 ? null : 'fine', by: 'me' };
}

function checkOf(seed: number, nodeId: NodeId): boolean | NodeFailure {
  const number = pick(seed, 'check', nodeId);
  return number % 7 === 0 ? aFailure({ code: 'NODE_TIMED_OUT', message: 'timed out' }) : number % 3 === 0;
}

/** A world in which nobody ends the run early: what nodes do depends on `seed`, who is faster on `pace`. */
export function calmlyRandomWorld(seed: number, pace: readonly number[]): World {
  let turn = 0;
  return {
    inputs: { mode: seed % 2 === 0 ? 'fast' : 'slow' },
    attempt: (nodeId, attempt) => failureOf(seed, nodeId, attempt),
    answer: (nodeId, mayMend) => answerOf(seed, nodeId, mayMend),
    check: (nodeId) => checkOf(seed, nodeId),
    next: (count) => (pace[(turn += 1) % pace.length] ?? 0) % count,
    interventions: new Map(),
  };
}

/** A world in which reviewers reject, people cancel and the run itself breaks, too. */
export function wildWorld(seed: number, pace: readonly number[]): World {
  const calm = calmlyRandomWorld(seed, pace);
  const number = pick(seed, 'intervention');
  return {
    ...calm,
    answer: (nodeId, mayMend) =>
      pick(seed, 'reject', nodeId) % 4 === 0
        ? { decision: 'reject', text: null, by: 'me' }
        : calm.answer(nodeId, mayMend),
    interventions:
      number % 2 === 0 ? new Map() : new Map([[number % 17, chosen(INTERVENTIONS, number >>> 3)]]),
  };
}

export const pace: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(20), { minLength: 1, maxLength: 30 });
