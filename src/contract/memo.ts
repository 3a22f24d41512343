import { shortRunId, type HostId, type RunId, type WorkingPath } from '../core/ids.js';
import type { ParentLink } from './parent-link.js';

/** Memo of a `run` execution: what a stranger can learn from `describe` without a worker. */
export interface RunMemo {
  readonly runId: RunId;
  readonly startToken: string;
  readonly workflowName: string;
  readonly workingPath: WorkingPath;
  readonly hostId: HostId;
  readonly uid: number;
  readonly startedBy: string;
  /** Digest of definition, message and inputs: by it a start recognises a run that does the same. */
  readonly workDigest: string;
  /** Title in the Web UI; continue-as-new drops the static one. */
  readonly title: string;
}

/** Search attributes, all Keywords of at most 255 bytes. */
export const SEARCH_ATTRIBUTES = {
  workflow: 'SignalboxWorkflow',
  path: 'SignalboxPath',
  status: 'SignalboxStatus',
} as const;

export const SEARCH_ATTRIBUTE_NAMES: readonly string[] = Object.values(SEARCH_ATTRIBUTES);

const KEYWORD_BYTES = 255;

/** The last 255 bytes of a text, on a character boundary: the end of a path tells more than its beginning. */
export function keywordTail(text: string): string {
  const encoder = new TextEncoder();
  let tail = text;
  while (encoder.encode(tail).length > KEYWORD_BYTES) {
    const excess = encoder.encode(tail).length - KEYWORD_BYTES;
    tail = [...tail].slice(Math.max(1, Math.ceil(excess / 4))).join('');
  }
  return tail;
}

type Titled = {
  readonly definition: { readonly name: string };
  readonly workingPath: string;
  readonly parent?: Pick<ParentLink, 'runId' | 'nodeId' | 'index'>;
};

/** `fix-issue · /home/me/repo`; of a sub-run `child · each[2] of 7c1f2a9e · /home/me/repo`. */
export function runTitle({ definition, workingPath, parent }: Titled): string {
  if (parent === undefined) return `${definition.name} · ${workingPath}`;
  const { runId, nodeId, index } = parent;
  const place = index === null ? nodeId : `${nodeId}[${index}]`;
  return `${definition.name} · ${place} of ${shortRunId(runId)} · ${workingPath}`;
}
