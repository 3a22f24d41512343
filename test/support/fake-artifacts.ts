import { artifactName } from '../../src/core/run/artifact.js';
import type { Artifacts } from '../../src/ports/artifacts.js';

/** Artifacts that are described, and kept nowhere. */
export function makeFakeArtifacts(): Artifacts {
  return {
    keep: ({ runId }, order, text) =>
      Promise.resolve({
        ...order,
        path: `nodes/${artifactName(order)}.md`,
        runId,
        producedAt: new Date(0).toISOString(),
        size: text.kind === 'file' ? text.bytes : Buffer.byteLength(text.text),
      }),
  };
}
