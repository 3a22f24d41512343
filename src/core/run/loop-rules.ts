import { toOutput } from '../expression/output.js';
import { excerptOf } from './excerpt.js';
import type { LoopingState, LoopPhase } from './loop-state.js';
import { resultOf } from './outcome.js';
import { sessionIn } from './session.js';
import type { GateAnswer, NodeState, RunState } from './run-state.js';
import { givesSignal, withoutPromises, withoutSignal } from './signal.js';
import type { NodeFailure, NodeOutput } from './task.js';
import type { LoopNode } from './turns.js';

const EXCERPT_CHARACTERS = 500;

/** Whether a loop's condition is met by what an iteration gave out; `unknown`: only the host can say. */
export type LoopVerdict = 'met' | 'unmet' | 'unknown';

export function verdictOf(node: LoopNode, body: RunState): LoopVerdict {
  const { until, untilBash } = node.rules;
  const result = resultOf(body);
  const left = untilBash === null ? 'unmet' : 'unknown';
  if (result === null) return left;
  const { text } = result;
  if (until !== null && text.kind === 'inline' && givesSignal(text.text, until)) return 'met';
  if (saysDone(node, result)) return 'met';
  return until !== null && text.kind === 'file' ? 'unknown' : left;
}

function saysDone(node: LoopNode, { fields }: NodeOutput): boolean {
  const field = node.kind === 'loop' && node.untilField !== null ? fields?.[node.untilField] : undefined;
  return field?.type === 'boolean' && field.text.kind === 'inline' && field.text.text === 'true';
}

/** Where a loop is after an iteration whose condition is known. */
export function afterIteration(group: LoopNode, loop: LoopingState, isMet: boolean): NodeState {
  const { rules } = group;
  // In a first iteration the person has not been asked yet, unless the author lets the condition decide alone.
  const isAsked = rules.isInteractive && !rules.signalCompletes && loop.iteration === 1;
  if (isMet && !isAsked) return completed(group, loop);
  if (!isMet && loop.iteration >= rules.maxIterations) return exhausted(group, loop);
  return inPhase(loop, rules.isInteractive ? { kind: 'gate', isMet } : { kind: 'next', userInput: '' });
}

/** Where a loop is after a person's answer: an approval without words ends one whose condition is met. */
export function afterAnswer(group: LoopNode, loop: LoopingState, { decision, text }: GateAnswer): NodeState {
  if (loop.phase.kind !== 'asking') return loop;
  if (decision === 'reject') return { status: 'dropped' };
  if (decision !== 'approve') return loop;
  const userInput = text ?? '';
  if (loop.phase.isMet && userInput === '') return completed(group, loop);
  if (loop.iteration >= group.rules.maxIterations) return exhausted(group, loop);
  return inPhase(loop, { kind: 'next', userInput });
}

/** What the person reads who is asked after an iteration. */
export function gateMessage(node: LoopNode, loop: LoopingState, isMet: boolean): string {
  const { id, rules } = node;
  const result = resultOf(loop.body);
  const text = (node.kind === 'loop' ? outputOf(node, result) : result)?.text;
  const shown = text === undefined ? '' : text.kind === 'inline' ? text.text : text.excerpt;
  const head = isMet
    ? `✅ Completion condition met via ${channels(node).join(' or ')}`
    : `⚠️ No completion condition met (${channels(node).join(' or ')})`;
  const excerpt = shown.length > EXCERPT_CHARACTERS ? `${excerptOf(shown, EXCERPT_CHARACTERS)}…` : shown;
  const question = rules.gateMessage ?? `Go on with '${id}'?`;
  return [head, excerpt.trim(), question].filter((part) => part !== '').join('\n\n');
}

export function inPhase(loop: LoopingState, phase: LoopPhase): LoopingState {
  return { ...loop, phase };
}

function completed(group: LoopNode, { iteration, body }: LoopingState): NodeState {
  const output = outputOf(group, resultOf(body));
  const session = group.kind === 'loop' ? sessionIn(body.nodes[0]) : undefined;
  return { status: 'completed', attempt: iteration, output, ...(session === undefined ? {} : { session }) };
}

/** A text in a file keeps its place, signal and all: only the host could take it out. So does a declared value. */
export function outputOf(node: LoopNode, result: NodeOutput | null): NodeOutput {
  if (result?.text.kind === 'file') return result;
  const text = result?.text.text ?? '';
  const { until } = node.rules;
  if (node.kind === 'loop_group') {
    return toOutput(until === null ? text : withoutSignal(text, until), node.fieldsRead);
  }
  if (result?.isStructured === true) return result;
  const answer = until === null ? withoutPromises(text) : withoutSignal(text, until);
  return toOutput(answer.trim(), node.fieldsRead);
}

function exhausted(node: LoopNode, loop: LoopingState): NodeState {
  const { id, rules } = node;
  const kind = node.kind === 'loop' ? 'Loop' : 'Loop-group';
  const message = `${kind} node '${id}' exceeded max iterations (${rules.maxIterations}) without ${channels(node).join(' or ')}`;
  const failure: NodeFailure = { code: 'LOOP_EXHAUSTED', message };
  return { status: 'failed', attempt: loop.iteration, failure };
}

function channels(node: LoopNode): readonly string[] {
  const { until, untilBash } = node.rules;
  const untilField = node.kind === 'loop' ? node.untilField : null;
  return [
    ...(until === null ? [] : [`completion signal '${until}'`]),
    ...(untilField === null ? [] : [`until_field '${untilField}'`]),
    ...(untilBash === null ? [] : ['until_bash']),
  ];
}
