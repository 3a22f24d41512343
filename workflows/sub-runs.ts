import { uuid4, workflowInfo } from '@temporalio/workflow';
import type { ChildProgram } from '../src/contract/activities.js';
import { childRequest, worktreeRefusal, type Parent } from '../src/contract/child-request.js';
import { workflowIdOf } from '../src/contract/start-request.js';
import { RunError } from '../src/core/errors.js';
import type { NodeId, RunId } from '../src/core/ids.js';
import { delegatingNodes, isEnding } from '../src/core/run/run-status.js';
import type { NodeFailure, NodeOutput } from '../src/core/run/task.js';
import { isUnwanted, type SubrunAction } from '../src/core/subrun/decide-subruns.js';
import { outputHere } from '../src/core/subrun/join.js';
import { childAt, openChildren, type Subruns } from '../src/core/subrun/subruns.js';
import { lostInReset, wordsForChild, wordsOfReset } from '../src/core/subrun/words-for-child.js';
import { joinOnHost, planOnHost } from './ask-host-of-sub-runs.js';
import { ConductedChild } from './conduct-child.js';
import { now } from './live-run.js';
import { delegatingAt, type SubrunParts } from './sub-run-parts.js';

type Of<Type extends SubrunAction['type']> = Extract<SubrunAction, { readonly type: Type }>;

/** Begins what nodes that run other workflows have to do, and turns what becomes of it into events. */
export class SubrunPerformer {
  /** What sub-runs run, by node; comes with every slice of items, so is always there before a child. */
  readonly #programs = new Map<NodeId, ChildProgram>();
  readonly #openChildren = new Map<RunId, ConductedChild>();

  constructor(private readonly parts: SubrunParts) {}

  begin(action: SubrunAction): void {
    switch (action.type) {
      case 'planChildren':
        this.plan(action);
        break;
      case 'startChild':
        this.startChild(action);
        break;
      case 'pageChildren':
        this.page(action);
        break;
      case 'joinChildren':
        this.join(action);
    }
  }

  /** Cancels children whose outcome does not matter any more, or that would wait for people for ever. */
  cancelUnwanted(): void {
    const { definition, state } = this.parts.run;
    for (const { subruns } of delegatingNodes(definition, state)) {
      for (const child of openChildren(subruns)) {
        if (isUnwanted(subruns, child, isEnding(state))) this.cancel(child.runId, subruns);
      }
    }
  }

  /** Cancels all children. */
  stop(): void {
    for (const runId of this.#openChildren.keys()) this.cancel(runId, null);
  }

  /** After a reset: children of the execution before work in a box that is over, so they end, and their nodes fail. */
  endInherited(): void {
    const { runId } = this.parts.admission.request;
    for (const child of this.#openChildren.values()) if (child.isInherited) child.disown(wordsOfReset(runId));
  }

  private cancel(child: RunId, subruns: Subruns | null): void {
    const { run, admission } = this.parts;
    this.#openChildren.get(child)?.cancel(wordsForChild(admission.request.runId, run.state, subruns));
  }

  private plan({ nodeId, from }: Of<'planChildren'>): void {
    const { run, follow } = this.parts;
    if (!run.apply({ type: 'subrunsAsked', nodeId, what: 'plan', at: now() })) return;
    const { node } = delegatingAt(this.parts, nodeId);
    const refusal = worktreeRefusal(this.parts.admission.request, node);
    if (refusal !== null) {
      this.refuse(nodeId, refusal);
      return;
    }
    follow(planOnHost(this.parts, node, from), (result) => {
      if ('code' in result) {
        this.refuse(nodeId, result);
        return;
      }
      const { program, total, plans } = result;
      this.#programs.set(nodeId, program);
      run.apply({ type: 'childrenPlanned', nodeId, total, plans, at: now() });
    });
  }

  private startChild({ nodeId, index }: Of<'startChild'>): void {
    const { run, follow } = this.parts;
    const { node, subruns } = delegatingAt(this.parts, nodeId);
    const child = childAt(subruns, index);
    const program = this.#programs.get(nodeId);
    if (child?.status !== 'planned' || program === undefined) {
      throw new RunError('INTERNAL', `sub-run ${index} of '${nodeId}' is not planned`);
    }
    const ids = { newRunId: uuid4() as RunId, startToken: uuid4() };
    const request = childRequest(this.parent, { node, index, plan: child.plan, program, ...ids });
    const { runId } = request;
    const temporalWorkflowId = workflowIdOf(request);
    run.apply({ type: 'childStarted', nodeId, index, runId, temporalWorkflowId, at: now() });
    const conducted = new ConductedChild(request);
    this.#openChildren.set(runId, conducted);
    follow(conducted.run(), (end) => {
      this.#openChildren.delete(runId);
      if (conducted.isDisowned && end.status !== 'completed') this.lose(nodeId);
      run.apply({ type: 'childEnded', nodeId, index, end, at: now() });
    });
  }

  private page({ nodeId, count }: Of<'pageChildren'>): void {
    const { run, follow } = this.parts;
    run.apply({ type: 'subrunsAsked', nodeId, what: 'page', at: now() });
    follow(joinOnHost(this.parts, delegatingAt(this.parts, nodeId), 'page', count), (result) => {
      if ('code' in result) this.refuse(nodeId, result);
      else run.apply({ type: 'childrenPaged', nodeId, count, text: result.text, at: now() });
    });
  }

  private join({ nodeId }: Of<'joinChildren'>): void {
    const { run, follow } = this.parts;
    run.apply({ type: 'subrunsAsked', nodeId, what: 'join', at: now() });
    const delegating = delegatingAt(this.parts, nodeId);
    const { node, subruns } = delegating;
    const here = subruns.failure ?? outputHere(node, subruns);
    if (here !== null) this.settle(nodeId, here);
    else {
      const joined = joinOnHost(this.parts, delegating, node.fanOut === null ? 'single' : 'list');
      follow(joined, (result) => {
        this.settle(nodeId, result);
      });
    }
  }

  private settle(nodeId: NodeId, result: NodeOutput | NodeFailure): void {
    const { run } = this.parts;
    const { node, subruns, begunAt } = delegatingAt(this.parts, nodeId);
    const [child] = subruns.children;
    const childRunId = node.fanOut === null && child?.status === 'ended' ? child.end.runId : null;
    const durationMs = Date.now() - Date.parse(begunAt);
    const about = { nodeId, attempt: 1, durationMs, ...(childRunId && { childRunId }), at: now() };
    if ('code' in result) run.apply({ type: 'attemptFailed', failure: result, ...about });
    else run.apply({ type: 'nodeCompleted', output: result, ...about });
  }

  private refuse(nodeId: NodeId, failure: NodeFailure): void {
    this.parts.run.apply({ type: 'subrunsRefused', nodeId, failure, at: now() });
  }

  private lose(nodeId: NodeId): void {
    const { run, admission } = this.parts;
    const failure = lostInReset(admission.request.runId, nodeId);
    run.apply({ type: 'subrunsLost', nodeId, failure, at: now() });
  }

  private get parent(): Parent {
    const { admission, variables } = this.parts;
    const { request, root } = admission;
    const { baseBranch } = variables;
    return { request, temporalWorkflowId: workflowInfo().workflowId, root, baseBranch };
  }
}
