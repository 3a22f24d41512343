import { CancellationScope, condition } from '@temporalio/workflow';
import { attemptId } from '../src/contract/workflow-id.js';
import type { Node } from '../src/core/definition/definition.js';
import { RunError } from '../src/core/errors.js';
import { bindingReferences } from '../src/core/expression/bindings.js';
import type { NodeId } from '../src/core/ids.js';
import type { Action, NodeState } from '../src/core/run/run-state.js';
import { scopeFor } from '../src/core/run/scope-for.js';
import type { AttemptResult, AttemptTask, NodeFailure } from '../src/core/run/task.js';
import type { Admission } from './admit.js';
import { attemptFailure } from './attempt-failure.js';
import { now, type LiveRun } from './live-run.js';
import { isWork, runOnHost, sharedWords, type WorkNode } from './node-work.js';
import { nodeEnvironment, type RunVariables } from './run-variables.js';

/** Begins actions, and turns what becomes of them into events. Everything that it opens ends by itself. */
export class Performer {
  #openCount = 0;
  /** What is cancelled when the run's attempts are to be stopped. */
  readonly #attempts = new CancellationScope();

  constructor(
    private readonly run: LiveRun,
    private readonly admission: Admission,
    private readonly variables: RunVariables,
  ) {}

  /** Activities and timers that have begun and not ended. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Stops attempts and timers; each still ends by itself. */
  stop(): void {
    this.#attempts.cancel();
  }

  begin(action: Action): void {
    switch (action.type) {
      case 'keepNode':
        this.run.apply({ ...action, type: 'nodeKept', at: now() });
        return;
      case 'startNode':
        this.startAttempt(action.nodeId, action.attempt);
        return;
      case 'scheduleRetry':
        this.scheduleRetry(action);
        return;
      case 'openGate':
        this.openGate(action);
        return;
      case 'skipNode':
        this.run.apply({ ...action, type: 'nodeSkipped', at: now() });
        return;
      case 'refuseNode':
        this.run.apply({ ...action, type: 'nodeRefused', at: now() });
        return;
      case 'cancelRun':
        this.run.apply({ type: 'cancelRequested', cancellation: action.cancellation, at: now() });
        return;
      case 'finish':
        this.run.apply({ type: 'runFinished', outcome: action.outcome, at: now() });
    }
  }

  private startAttempt(nodeId: NodeId, attempt: number): void {
    if (!this.run.apply({ type: 'nodeStarted', nodeId, attempt, at: now() })) return;
    const node = this.nodeOf(nodeId);
    if (!isWork(node)) throw new RunError('INTERNAL', `node '${nodeId}' is no work for the host`);
    const begun = Date.now();
    this.follow(this.runAttempt(node, attempt), (result) => {
      const at = now();
      if (result.kind === 'completed') {
        const { durationMs, output, artifact } = result;
        const kept = artifact === undefined ? {} : { artifact };
        this.run.apply({ type: 'nodeCompleted', nodeId, attempt, output, durationMs, ...kept, at });
      } else {
        const { failure, durationMs = Date.now() - begun } = result;
        this.run.apply({ type: 'attemptFailed', nodeId, attempt, failure, durationMs, at });
      }
    });
  }

  private scheduleRetry({ nodeId, attempt, delayMs }: Extract<Action, { type: 'scheduleRetry' }>): void {
    this.run.apply({ type: 'retryScheduled', nodeId, attempt, at: now() });
    this.whenStill('retrying', { nodeId, delayMs, summary: `retry ${nodeId}` }, () => {
      this.startAttempt(nodeId, attempt);
    });
  }

  private openGate({ nodeId, message, timeoutMs }: Extract<Action, { type: 'openGate' }>): void {
    this.run.apply({ type: 'gateOpened', nodeId, message, at: now() });
    if (timeoutMs === null) return;
    this.whenStill('waiting', { nodeId, delayMs: timeoutMs, summary: `gate ${nodeId}` }, () => {
      this.run.apply({ type: 'gateTimedOut', nodeId, at: now() });
    });
  }

  private async runAttempt(node: WorkNode, attempt: number): Promise<AttemptEnd> {
    try {
      const task = this.taskOf(node, attempt);
      return await this.#attempts.run(() => runOnHost(node, task, this.admission));
    } catch (error) {
      return { kind: 'failed', failure: attemptFailure(node.id, error) };
    }
  }

  private taskOf(node: WorkNode, attempt: number): AttemptTask {
    const { request } = this.admission;
    const { definition, state } = this.run;
    const references = [...node.references, ...bindingReferences(node.bindings ?? {})];
    return {
      runId: request.runId,
      nodeId: node.id,
      attempt,
      attemptId: attemptId(node.id, attempt),
      workingPath: request.workingPath,
      artifactsDir: this.variables.artifactsDir,
      scope: scopeFor(definition, state, { node, references }, this.variables.values),
      environment: nodeEnvironment(request, this.variables),
      hasClientEnvironment: request.hasClientEnvironment,
      graceMs: request.graceMs,
      ...sharedWords(node),
    };
  }

  /** Acts after a delay, unless the node has moved on by then; its timer goes as soon as it has. */
  private whenStill(
    status: NodeState['status'],
    { nodeId, delayMs, summary }: { nodeId: NodeId; delayMs: number; summary: string },
    act: () => void,
  ): void {
    const hasMovedOn = (): boolean => {
      const { nodes, plan } = this.run.state;
      return nodes[plan.positionOf.get(nodeId) ?? -1]?.status !== status;
    };
    const settled = this.#attempts.run(() => condition(hasMovedOn, delayMs, { summary })).catch(() => true);
    this.follow(settled, (isOver) => {
      if (!isOver) act();
    });
  }

  private follow<Result>(work: Promise<Result>, then: (result: Result) => void): void {
    this.#openCount += 1;
    work
      .then((result) => {
        this.#openCount -= 1;
        then(result);
      })
      .catch((error: unknown) => {
        this.run.break(error);
      });
  }

  private nodeOf(nodeId: NodeId): Node {
    const node = this.run.definition.nodes.find(({ id }) => id === nodeId);
    if (node === undefined) throw new RunError('INTERNAL', `there is no node '${nodeId}'`);
    return node;
  }
}

/** `durationMs` undefined: the host did not say. */
type AttemptEnd = AttemptResult | { kind: 'failed'; failure: NodeFailure; durationMs?: undefined };
