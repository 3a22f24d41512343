import type { Artifact, ArtifactOrder } from '../core/run/artifact.js';
import type { AttemptTask, TextValue } from '../core/run/task.js';

/** Outputs that nodes leave for others, by type. */
export interface Artifacts {
  /**
   * Writes a text and what it is to `nodes` below the run's artifacts; what was there of the same node is replaced.
   * @throws RunError `ARTIFACT_UNWRITABLE` also when another node has the name; continues "node 'x' gave out …"
   */
  keep(
    run: Pick<AttemptTask, 'runId' | 'artifactsDir'>,
    order: ArtifactOrder,
    text: TextValue,
  ): Promise<Artifact>;
}
