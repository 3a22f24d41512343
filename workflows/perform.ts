import { CancellationScope, isCancellation, proxyActivities, sleep } from '@temporalio/workflow';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { Activities } from '../src/contract/activities.js';
import { fromFailure, rootMessage } from '../src/contract/failure.js';
import { attemptId } from '../src/contract/workflow-id.js';
import type { BashNode, Node } from '../src/core/definition/definition.js';
import { RunError } from '../src/core/errors.js';
import type { NodeId } from '../src/core/ids.js';
import type { Action } from '../src/core/run/run-state.js';
import { scopeFor } from '../src/core/run/scope-for.js';
import type { AttemptResult, NodeFailure, ShellTask } from '../src/core/run/task.js';
import type { Admission } from './admit.js';
import { nodeAttempt } from './activity-options.js';
import { now, type LiveRun } from './live-run.js';
import { nodeEnvironment, type RunVariables } from './run-variables.js';

/** Failure types with which Temporal says that a worker was lost, or an operator started the attempt anew. */
const INTERRUPTIONS: readonly (string | null | undefined)[] = ['WorkerShutdown', 'ActivityReset'];

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

  stopAttempts(): void {
    this.#attempts.cancel();
  }

  begin(action: Action): void {
    switch (action.type) {
      case 'startNode':
        this.startAttempt(action.nodeId, action.attempt);
        return;
      case 'scheduleRetry':
        this.run.apply({ type: 'retryScheduled', nodeId: action.nodeId, attempt: action.attempt, at: now() });
        this.whenDue(action.delayMs, `retry ${action.nodeId}`, () => {
          this.startAttempt(action.nodeId, action.attempt);
        });
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
    if (node.kind !== 'bash') throw new RunError('INTERNAL', `node '${nodeId}' is no work for the host`);
    const begun = Date.now();
    this.follow(this.runBash(node, attempt), (result) => {
      const ended = { nodeId, attempt, durationMs: result.durationMs ?? Date.now() - begun, at: now() };
      this.run.apply(
        result.kind === 'completed'
          ? { type: 'nodeCompleted', ...ended, output: result.output }
          : { type: 'attemptFailed', ...ended, failure: result.failure },
      );
    });
  }

  private openGate(action: Extract<Action, { type: 'openGate' }>): void {
    const { nodeId, message, timeoutMs } = action;
    this.run.apply({ type: 'gateOpened', nodeId, message, at: now() });
    if (timeoutMs === null) return;
    this.whenDue(timeoutMs, `gate ${nodeId}`, () => {
      this.run.apply({ type: 'gateTimedOut', nodeId, at: now() });
    });
  }

  private async runBash(node: BashNode, attempt: number): Promise<AttemptEnd> {
    const { request, owner } = this.admission;
    const id = attemptId(node.id, attempt);
    const options = { activityId: id, summary: `bash: ${node.id}`, timeoutMs: node.timeoutMs };
    const { runShell } = proxyActivities<Activities>(nodeAttempt({ ...request, ...options }));
    try {
      return await this.#attempts.run(() => runShell({ owner, task: this.shellTask(node, attempt, id) }));
    } catch (error) {
      return { kind: 'failed', failure: failureOf(node.id, error) };
    }
  }

  private shellTask(node: BashNode, attempt: number, id: string): ShellTask {
    const { request } = this.admission;
    const { definition, state } = this.run;
    return {
      runId: request.runId,
      nodeId: node.id,
      attempt,
      attemptId: id,
      workingPath: request.workingPath,
      artifactsDir: this.variables.artifactsDir,
      script: node.script,
      scope: scopeFor(definition, state, { node, references: node.references }, this.variables.values),
      environment: nodeEnvironment(request, this.variables),
      hasClientEnvironment: request.hasClientEnvironment,
      timeoutMs: node.timeoutMs,
      graceMs: request.graceMs,
      fieldsRead: node.fieldsRead,
    };
  }

  private whenDue(delayMs: number, summary: string, act: () => void): void {
    const due = this.#attempts
      .run(() => sleep(delayMs, { summary }))
      .then(
        () => true,
        () => false,
      );
    this.follow(due, (isDue) => {
      if (isDue) act();
    });
  }

  private follow<Result>(work: Promise<Result>, then: (result: Result) => void): void {
    this.#openCount += 1;
    void work.then((result) => {
      this.#openCount -= 1;
      then(result);
    });
  }

  private nodeOf(nodeId: NodeId): Node {
    const node = this.run.definition.nodes.find(({ id }) => id === nodeId);
    if (node === undefined) throw new RunError('INTERNAL', `there is no node '${nodeId}'`);
    return node;
  }
}

type AttemptEnd = AttemptResult | { kind: 'failed'; failure: NodeFailure; durationMs?: undefined };

/** What it means for a node that its activity gave no result. */
function failureOf(nodeId: NodeId, error: unknown): NodeFailure {
  if (isCancellation(error)) return { code: 'RUN_CANCELLED', message: `node '${nodeId}' was stopped` };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const isInterruption =
    cause instanceof TimeoutFailure ||
    (cause instanceof ApplicationFailure && INTERRUPTIONS.includes(cause.type));
  if (isInterruption) {
    return {
      code: 'NODE_INTERRUPTED',
      message: `node '${nodeId}' was interrupted: its worker was lost or restarted (${rootMessage(error)})`,
    };
  }
  const ours = fromFailure(error);
  return { code: ours?.code ?? 'INTERNAL', message: ours?.message ?? rootMessage(error) };
}
