import type { RunDescription, WaitingGate } from '../src/contract/messages.js';
import type { StartRequest } from '../src/contract/start-request.js';
import type { WorkflowDefinition } from '../src/core/definition/definition.js';
import { choicesAt } from '../src/core/run/gate.js';
import { runStatus, waitingGates } from '../src/core/run/run-status.js';
import type { NodeState, RunState } from '../src/core/run/run-state.js';

/** A run as the query `describeRun` tells it. */
export function describeState(
  definition: WorkflowDefinition,
  state: RunState,
  request: StartRequest,
  startedAt: string,
): RunDescription {
  const { runId, workingPath, startedBy } = request;
  return {
    runId,
    workflowName: definition.name,
    workingPath,
    status: runStatus(state),
    startedAt,
    startedBy,
    nodes: definition.nodes.map((node, position) => {
      const { status, attempt } = shape(state.nodes[position]);
      return { nodeId: node.id, kind: node.kind, status, attempt };
    }),
    waiting: gatesOf(definition, state),
  };
}

function shape(node: NodeState | undefined): { status: NodeState['status']; attempt: number | null } {
  if (node === undefined) return { status: 'pending', attempt: null };
  return { status: node.status, attempt: 'attempt' in node ? node.attempt : null };
}

function gatesOf(definition: WorkflowDefinition, state: RunState): readonly WaitingGate[] {
  return waitingGates(definition, state).map(({ node, message, openedAt }) => ({
    nodeId: node.id,
    message,
    decisions: choicesAt(node),
    openedAt,
  }));
}

const SHOWN_NODES = 100;
const MARKS: Readonly<Record<NodeState['status'], string>> = {
  pending: '◌',
  kept: '✓',
  running: '▶',
  retrying: '↻',
  waiting: '⏸',
  completed: '✓',
  failed: '✗',
  skipped: '-',
  dropped: '-',
};

/** The same in Markdown, for the Web UI. */
export function detailsOf(title: string, description: RunDescription): string {
  const { nodes, waiting, runId, status, startedAt, startedBy } = description;
  const shown = nodes.length <= SHOWN_NODES ? nodes : nodes.filter((node) => node.status !== 'pending');
  const lines = shown
    .slice(-SHOWN_NODES)
    .map((node) => `- ${MARKS[node.status]} \`${node.nodeId}\` ${node.kind}, ${node.status}`);
  const more = nodes.length > lines.length ? [`- … ${nodes.length} nodes in all`] : [];
  const gates = waiting.flatMap((gate) => [
    '',
    `**Waits at \`${gate.nodeId}\`** since ${gate.openedAt}: ${gate.message.slice(0, 500)}`,
    '',
    ...gate.decisions.map((id) => `    signalbox respond ${runId} ${id} --node ${gate.nodeId}`),
  ]);
  return [
    `### ${title}`,
    '',
    `run \`${runId}\`, ${status}, started ${startedAt} by ${startedBy}`,
    '',
    ...lines,
    ...more,
    ...gates,
    '',
    `Cancel it with \`signalbox cancel ${runId}\`; see more with \`signalbox get ${runId}\`.`,
  ].join('\n');
}
