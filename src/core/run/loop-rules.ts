import type { LoopGroupNode } from '../definition/definition.js';
import { toOutput } from '../expression/output.js';
import { excerptOf } from './excerpt.js';
import type { LoopingState, LoopPhase } from './loop-state.js';
import { resultOf } from './outcome.js';
import type { GateAnswer, NodeState, RunState } from './run-state.js';
import { givesSignal, withoutSignal } from './signal.js';
import type { NodeFailure, NodeOutput } from './task.js';

const EXCERPT_CHARACTERS = 500;

/** Whether a loop's condition is met by what an iteration gave out; `unknown`: only the host can say. */
export type LoopVerdict = 'met' | 'unmet' | 'unknown';

export function verdictOf({ rules }: LoopGroupNode, body: RunState): LoopVerdict {
  const text = resultOf(body)?.text;
  if (rules.until !== null && text?.kind === 'file') return 'unknown';
  if (rules.until !== null && text?.kind === 'inline' && givesSignal(text.text, rules.until)) return 'met';
  return rules.untilBash === null ? 'unmet' : 'unknown';
}

/** Where a loop is after an iteration whose condition is known. */
export function afterIteration(group: LoopGroupNode, loop: LoopingState, isMet: boolean): NodeState {
  const { rules } = group;
  // In a first iteration the person has not been asked yet, unless the author lets the condition decide alone.
  const isAsked = rules.isInteractive && !rules.signalCompletes && loop.iteration === 1;
  if (isMet && !isAsked) return completed(group, loop);
  if (!isMet && loop.iteration >= rules.maxIterations) return exhausted(group, loop);
  return inPhase(loop, rules.isInteractive ? { kind: 'gate', isMet } : { kind: 'next', userInput: '' });
}

/** Where a loop is after a person's answer: an approval without words ends one whose condition is met. */
export function afterAnswer(
  group: LoopGroupNode,
  loop: LoopingState,
  { decision, text }: GateAnswer,
): NodeState {
  if (loop.phase.kind !== 'asking') return loop;
  if (decision === 'reject') return { status: 'dropped' };
  if (decision !== 'approve') return loop;
  const userInput = text ?? '';
  if (loop.phase.isMet && userInput === '') return completed(group, loop);
  if (loop.iteration >= group.rules.maxIterations) return exhausted(group, loop);
  return inPhase(loop, { kind: 'next', userInput });
}

/** What the person reads who is asked after an iteration. */
export function gateMessage({ id, rules }: LoopGroupNode, loop: LoopingState, isMet: boolean): string {
  const text = resultOf(loop.body)?.text;
  const shown = text === undefined ? '' : text.kind === 'inline' ? text.text : text.excerpt;
  const head = isMet
    ? `✅ Completion condition met via ${channels(rules).join(' or ')}`
    : `⚠️ No completion condition met (${channels(rules).join(' or ')})`;
  const excerpt = shown.length > EXCERPT_CHARACTERS ? `${excerptOf(shown, EXCERPT_CHARACTERS)}…` : shown;
  const question = rules.gateMessage ?? `Go on with '${id}'?`;
  return [head, excerpt.trim(), question].filter((part) => part !== '').join('\n\n');
}

export function inPhase(loop: LoopingState, phase: LoopPhase): LoopingState {
  return { ...loop, phase };
}

function completed(group: LoopGroupNode, loop: LoopingState): NodeState {
  return { status: 'completed', attempt: loop.iteration, output: outputOf(group, resultOf(loop.body)) };
}

/** A text in a file keeps its place, signal and all: only the host could take it out. */
function outputOf({ rules, fieldsRead }: LoopGroupNode, result: NodeOutput | null): NodeOutput {
  if (result?.text.kind === 'file') return result;
  const text = result?.text.text ?? '';
  return toOutput(rules.until === null ? text : withoutSignal(text, rules.until), fieldsRead);
}

function exhausted({ id, rules }: LoopGroupNode, loop: LoopingState): NodeState {
  const message = `Loop-group node '${id}' exceeded max iterations (${rules.maxIterations}) without ${channels(rules).join(' or ')}`;
  const failure: NodeFailure = { code: 'LOOP_EXHAUSTED', message };
  return { status: 'failed', attempt: loop.iteration, failure };
}

function channels({ until, untilBash }: LoopGroupNode['rules']): readonly string[] {
  return [
    ...(until === null ? [] : [`completion signal '${until}'`]),
    ...(untilBash === null ? [] : ['until_bash']),
  ];
}
