import { CancellationScope, condition } from '@temporalio/workflow';
import type { NodeId } from '../src/core/ids.js';
import { inside, nameAt, toldFrom, type Place } from '../src/core/run/place.js';
import type { Action, NodeState, RunEvent } from '../src/core/run/run-state.js';
import type { Admission } from './admit.js';
import { attemptAt } from './attempt.js';
import { attemptEvent, type AttemptEnd } from './attempt-end.js';
import { attemptFailure } from './attempt-failure.js';
import { checkLoop } from './check-loop.js';
import { findEvidence } from './find-evidence.js';
import { immediateEvent, iterationTimes } from './immediate-event.js';
import { ArtifactKeeper } from './keep-artifacts.js';
import { now, type LiveRun } from './live-run.js';
import type { WorkOf } from './node-task.js';
import type { RunVariables } from './run-variables.js';
import { SubrunPerformer } from './sub-runs.js';

type Of<Type extends Action['type']> = Extract<Action, { readonly type: Type }>;

/** Begins actions, and turns what becomes of them into events. Everything that it opens ends by itself. */
export class Performer {
  #openCount = 0;
  /** What is cancelled when the run's attempts are to be stopped. */
  readonly #attempts = new CancellationScope();

  readonly artifacts: ArtifactKeeper;
  readonly #work: WorkOf;
  readonly subruns: SubrunPerformer;

  constructor(
    private readonly run: LiveRun,
    admission: Admission,
    variables: RunVariables,
  ) {
    this.#work = { admission, variables };
    const follow = this.follow.bind(this);
    this.artifacts = new ArtifactKeeper(run, this.#work, follow);
    this.subruns = new SubrunPerformer({ run, admission, variables, scope: this.#attempts, follow });
  }

  /** Activities and timers that have begun and not ended. */
  get openCount(): number {
    return this.#openCount;
  }

  /** Stops attempts, timers and sub-runs; each still ends by itself. */
  stop(): void {
    this.#attempts.cancel();
    this.subruns.stop();
  }

  /** @param place the body of a loop group in which the action is due */
  begin(action: Action, place: Place = []): void {
    switch (action.type) {
      case 'inBody':
        this.begin(action.action, inside(place, action));
        return;
      case 'startNode':
        this.startAttempt(action.nodeId, action.attempt, place);
        return;
      case 'scheduleRetry':
        this.scheduleRetry(action, place);
        return;
      case 'openGate':
        this.openGate(action, place);
        return;
      case 'checkEvidence':
        this.checkEvidence();
        return;
      case 'checkIteration':
        this.checkIteration(action, place);
        return;
      case 'planChildren':
      case 'startChild':
      case 'pageChildren':
      case 'joinChildren':
        this.subruns.begin(action);
        return;
      default:
        this.tell(place, immediateEvent(action, this.run.levelAt(place)));
    }
  }

  private startAttempt(nodeId: NodeId, attempt: number, place: Place): void {
    if (!this.tell(place, { type: 'nodeStarted', nodeId, attempt, at: now() })) return;
    const begun = Date.now();
    this.follow(this.runAttempt(nodeId, attempt, place), (result) => {
      this.tell(place, attemptEvent(nodeId, attempt, begun, result));
    });
  }

  private async runAttempt(nodeId: NodeId, attempt: number, place: Place): Promise<AttemptEnd> {
    try {
      const at = { level: this.run.levelAt(place), place };
      return await this.#attempts.run(() => attemptAt(at, nodeId, attempt, this.#work));
    } catch (error) {
      return { kind: 'failed', failure: attemptFailure(nameAt(place, nodeId), error) };
    }
  }

  private scheduleRetry({ nodeId, attempt, delayMs }: Of<'scheduleRetry'>, place: Place): void {
    this.tell(place, { type: 'retryScheduled', nodeId, attempt, at: now() });
    this.whenStill('retrying', { place, nodeId, delayMs, what: 'retry' }, () => {
      this.startAttempt(nodeId, attempt, place);
    });
  }

  private openGate({ nodeId, message, timeoutMs }: Of<'openGate'>, place: Place): void {
    this.tell(place, { type: 'gateOpened', nodeId, message, at: now() });
    if (timeoutMs === null) return;
    this.whenStill('waiting', { place, nodeId, delayMs: timeoutMs, what: 'gate' }, () => {
      this.tell(place, { type: 'gateTimedOut', nodeId, at: now() });
    });
  }

  private checkIteration({ nodeId, iteration }: Of<'checkIteration'>, place: Place): void {
    const level = this.run.levelAt(place);
    if (!this.tell(place, { type: 'checkStarted', nodeId, iteration, at: now() })) return;
    const check = this.#attempts.run(() => checkLoop({ nodeId, level, place }, this.#work));
    const ended = check.catch((error: unknown) => attemptFailure(nameAt(place, nodeId), error));
    this.follow(ended, (result) => {
      const about = { nodeId, iteration, ...iterationTimes(this.run.levelAt(place), nodeId), at: now() };
      if ('isMet' in result) this.tell(place, { type: 'iterationEnded', isMet: result.isMet, ...about });
      else this.tell(place, { type: 'iterationFailed', failure: result, ...about });
    });
  }

  private checkEvidence(): void {
    this.run.apply({ type: 'evidenceAsked', at: now() });
    this.follow(findEvidence(this.#work), (found) => {
      this.run.apply({ type: 'evidenceChecked', ...found, at: now() });
    });
  }

  /** Acts after a delay, unless the node has moved on by then; its timer goes as soon as it has. */
  private whenStill(
    status: NodeState['status'],
    timer: { place: Place; nodeId: NodeId; delayMs: number; what: string },
    act: () => void,
  ): void {
    const { place, nodeId, delayMs } = timer;
    const summary = `${timer.what} ${nameAt(place, nodeId)}`;
    const hasMovedOn = (): boolean => this.run.statusAt(place, nodeId) !== status;
    const settled = this.#attempts.run(() => condition(hasMovedOn, delayMs, { summary })).catch(() => true);
    this.follow(settled, (isOver) => {
      if (!isOver) act();
    });
  }

  /** @returns false when the event came too late to change anything */
  private tell(place: Place, event: RunEvent): boolean {
    return this.run.apply(toldFrom(place, event));
  }

  private follow<Result>(work: Promise<Result>, then: (result: Result) => void): void {
    this.#openCount += 1;
    work
      .then((result) => {
        this.#openCount -= 1;
        this.run.changes.ring();
        then(result);
      })
      .catch((error: unknown) => {
        this.run.break(error);
      });
  }
}
