import type { Surface } from '../expression/substitute.js';
import type { NodeKind } from './definition.js';

/** The kinds that a file may use. */
export type ReadableKind = Extract<NodeKind, 'bash' | 'approval' | 'cancel'>;

/** What a kind of node declares; shared code reads this table where it would ask for the kind. */
export interface NodeKindFacts {
  /** How its text is written out when the node starts. */
  readonly surface: Surface;
  /** Whether `retry` has an effect. */
  readonly isRetryable: boolean;
  /** Whether `timeout` has an effect. */
  readonly takesTimeout: boolean;
  /** Keys that lead to the text, in the file. */
  readonly textPath: readonly [ReadableKind, ...string[]];
}

export const NODE_KINDS = {
  bash: {
    surface: 'bash',
    isRetryable: true,
    takesTimeout: true,
    textPath: ['bash'],
  },
  approval: {
    surface: 'message',
    isRetryable: false,
    takesTimeout: true,
    textPath: ['approval', 'message'],
  },
  cancel: {
    surface: 'message',
    isRetryable: false,
    takesTimeout: false,
    textPath: ['cancel'],
  },
} as const satisfies Record<ReadableKind, NodeKindFacts>;

export const KIND_NAMES = Object.keys(NODE_KINDS) as readonly ReadableKind[];
