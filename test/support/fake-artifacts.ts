import { artifactName } from '../../src/core/run/artifact.js';
import type { Artifacts } from '../../src/ports/artifacts.js';

/** Artifacts that are described, and kept nowhere. */
export function makeFakeArtifacts(): Artifacts {
  return {
    keep: ({ runId, nodeId }, order, text) =>
      Promise.resolve({
        nodeId,
        ...order,
        path: `nodes/${artifactName(nodeId, order)}.md`,
        runId,
        producedAt: new Date(0).toISOString(),
        size: text.kind === 'file' ? text.bytes : Buffer.byteLength(text.text),
      }),
  };
}
