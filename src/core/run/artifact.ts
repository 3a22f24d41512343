import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { NodeId, RunId } from '../ids.js';

/** A pass of a loop group. */
export interface LoopFrame {
  readonly groupId: string;
  /** From 1. */
  readonly iteration: number;
}

/** That a node's output is to be kept as an artifact, and as what. */
export interface ArtifactOrder {
  /** As its own graph calls it. */
  readonly nodeId: NodeId;
  /** The author's word for what it is (`output_type`). */
  readonly outputType: string;
  /** Outermost group first. Absent: the node is in no loop group. */
  readonly loopGroupPath?: readonly LoopFrame[];
}

/** An output that was kept, as its `.meta.json` and the event `workflow_artifact` describe it. */
export interface Artifact extends ArtifactOrder {
  /** Of the text, below the run's artifacts. */
  readonly path: string;
  readonly runId: RunId;
  /** ISO-8601 UTC. */
  readonly producedAt: string;
  /** Of the text in UTF-8. */
  readonly size: number;
}

/**
 * Name of an artifact's files, without `.md` and `.meta.json`; Archon's. Nodes of loop groups have one in every
 * iteration. Two ids that differ only in characters that no file name should have share a name.
 */
export function artifactName({
  nodeId,
  loopGroupPath,
}: Pick<ArtifactOrder, 'nodeId' | 'loopGroupPath'>): string {
  const safe = nodeId.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  if (loopGroupPath === undefined) return safe;
  const owner = [nodeId, loopGroupPath.map(({ groupId, iteration }) => [groupId, iteration])];
  return `loop.${bytesToHex(sha256(utf8ToBytes(JSON.stringify(owner))))}__${safe}`;
}
