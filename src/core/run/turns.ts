import { AGENT_IDLE_TIMEOUT_MS, AGENT_RETRY } from '../definition/agent-defaults.js';
import type {
  AgentLoopNode,
  AgentNode,
  ApprovalNode,
  Graph,
  LoopGroupNode,
  Node,
} from '../definition/definition.js';
import type { NodeId } from '../ids.js';

/** What a node repeats: a body of its own, or turns of an agent. */
export type LoopNode = LoopGroupNode | AgentLoopNode;
/** A node at whose state there may be a graph: a gate's is the turn that mends what was rejected. */
export type Looper = LoopNode | ApprovalNode;

/** The turn in an iteration of `loop`, and the one behind a gate's reject. No id of a file begins with a space. */
export const TURN = ' turn' as NodeId;
export const REWORK = ' on_reject' as NodeId;

export function isLoop(node: Node): node is LoopNode {
  return node.kind === 'loop_group' || node.kind === 'loop';
}

export function isLooper(node: Node): node is Looper {
  return isLoop(node) || node.kind === 'approval';
}

/**
 * What one iteration of a node goes through. Turns of an agent are a graph of one node, so that everything said of
 * bodies holds of them.
 */
export function bodyOf(node: Looper): Graph {
  switch (node.kind) {
    case 'loop_group':
      return node.body;
    case 'loop':
      return { schedule: 'layers', nodes: [turnOf(node)] };
    case 'approval':
      return {
        schedule: 'layers',
        nodes: node.onReject === undefined ? [] : [reworkOf(node, node.onReject)],
      };
  }
}

const ALONE = { description: null, dependsOn: [], layer: 0, when: null, triggerRule: 'all_success' } as const;
/** Its author has no words for these. */
const USUAL = { idleTimeoutMs: AGENT_IDLE_TIMEOUT_MS, retry: AGENT_RETRY } as const;

/** Whether it may be tried again is said of agent nodes only, not of loops. */
function turnOf(loop: AgentLoopNode): AgentNode {
  const { prompt, settings, idleTimeoutMs, references, bindings, outputFormat, untilField } = loop;
  const fields = untilField === null ? loop.fieldsRead : [...new Set([...loop.fieldsRead, untilField])];
  return {
    ...ALONE,
    ...{
      id: TURN,
      kind: 'agent',
      prompt,
      settings,
      idleTimeoutMs,
      retry: null,
      references,
      fieldsRead: fields,
    },
    ...(bindings === undefined ? {} : { bindings }),
    ...(outputFormat === undefined ? {} : { outputFormat }),
  };
}

function reworkOf({ references }: ApprovalNode, { prompt: text }: { prompt: ReworkPrompt }): AgentNode {
  const prompt = { kind: 'inline', text } as const;
  return { ...ALONE, ...USUAL, id: REWORK, kind: 'agent', prompt, settings: {}, references, fieldsRead: [] };
}

type ReworkPrompt = NonNullable<ApprovalNode['onReject']>['prompt'];
