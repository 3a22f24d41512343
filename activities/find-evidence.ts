import type { Activities } from '../src/contract/activities.js';
import type { RunFiles } from '../src/ports/run-files.js';

export interface FindEvidencePorts {
  readonly files: Pick<RunFiles, 'findEvidence'>;
}

/** Whether a run has left what its workflow asks for as evidence. */
export const makeFindEvidence =
  ({ files }: FindEvidencePorts): Activities['findEvidence'] =>
  ({ artifactsDir }) =>
    files.findEvidence(artifactsDir);
