import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../src/contract/activities.js';
import { artifactName, type Artifact } from '../src/core/run/artifact.js';
import { mayHaveOutputsToKeep, outputsToKeep, type OutputToKeep } from '../src/core/run/outputs-to-keep.js';
import type { NodeFailure } from '../src/core/run/task.js';
import { KEEP_ARTIFACT } from './activity-options.js';
import { attemptFailure } from './attempt-failure.js';
import { now, type LiveRun } from './live-run.js';
import type { WorkOf } from './node-task.js';

type Kept = Artifact | NodeFailure;
type Follow = (work: Promise<Kept>, then: (kept: Kept) => void) => void;

/**
 * Makes artifacts of what gates, groups and sub-runs give out. While it is busy nothing begins, so that whoever looks
 * for an artifact finds it.
 */
export class ArtifactKeeper {
  readonly #seen = new Set<string>();
  readonly #isWanted: boolean;
  #busy = 0;

  /** What has completed by now was kept by the execution that this one continues. */
  constructor(
    private readonly run: LiveRun,
    private readonly work: WorkOf,
    private readonly follow: Follow,
  ) {
    this.#isWanted = mayHaveOutputsToKeep(run.definition);
    this.next();
  }

  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /** Begins with what has been given out since it looked last. */
  look(): void {
    for (const output of this.next()) {
      this.#busy += 1;
      this.follow(this.keep(output), (kept) => {
        this.#busy -= 1;
        if ('code' in kept) this.run.apply({ type: 'runAborted', failure: kept, at: now() });
        else this.run.apply({ type: 'artifactKept', name: output.name, artifact: kept, at: now() });
      });
    }
  }

  private next(): readonly OutputToKeep[] {
    if (!this.#isWanted) return [];
    return outputsToKeep(this.run.definition, this.run.state).filter(({ order }) => {
      const name = artifactName(order);
      if (this.#seen.has(name)) return false;
      this.#seen.add(name);
      return true;
    });
  }

  private async keep({ name, order, text }: OutputToKeep): Promise<Kept> {
    const { runId } = this.work.admission.request;
    const { artifactsDir } = this.work.variables;
    try {
      const { keepArtifact } = proxyActivities<Activities>(KEEP_ARTIFACT);
      return await keepArtifact({ runId, artifactsDir, order, text });
    } catch (error) {
      const { code, message } = attemptFailure(name, error);
      return { code, message: `node '${name}': ${message}` };
    }
  }
}
