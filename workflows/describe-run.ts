import type { RunDescription, WaitingGate } from '../src/contract/messages.js';
import type { StartRequest } from '../src/contract/start-request.js';
import type { Node, WorkflowDefinition } from '../src/core/definition/definition.js';
import { labelOf, labelsAt } from '../src/core/run/decision-labels.js';
import { excerptOf } from '../src/core/run/excerpt.js';
import { choicesAt } from '../src/core/run/gate.js';
import { bodyAt, runLevel, type Level } from '../src/core/run/level.js';
import { inside, nameAt, type Place } from '../src/core/run/place.js';
import { delegatingNodes, runStatus, waitingGates } from '../src/core/run/run-status.js';
import type { NodeState, RunState } from '../src/core/run/run-state.js';
import { foreignGates } from '../src/core/subrun/child-gates.js';
import { childCounts, tellCounts } from '../src/core/subrun/child-counts.js';

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
    nodes: nodesIn(runLevel(definition, state), []),
    waiting: gatesOf(definition, state),
  };
}

/** In the order of the file; the body of a loop group at work stands behind its group. */
function nodesIn(level: Level, place: Place): RunDescription['nodes'] {
  return level.graph.nodes.flatMap((node, position) => {
    const body = bodyAt(level, position);
    const own = {
      ...{ nodeId: nameAt(place, node.id), kind: node.kind, ...aboutNode(node) },
      ...shape(level.state.nodes[position]),
    };
    // The turns of a loop go by its name.
    if (body === null || node.kind === 'loop') return [own];
    const { iteration } = body.within.loop;
    return [own, ...nodesIn(body, inside(place, { nodeId: node.id, iteration }))];
  });
}

function aboutNode({ description }: Node): { readonly description?: string } {
  return description === null ? {} : { description: excerptOf(inLine(description), LINE_CHARACTERS) };
}

function shape(
  node: NodeState | undefined,
): Pick<RunDescription['nodes'][number], 'status' | 'attempt' | 'iteration' | 'children'> {
  if (node === undefined) return { status: 'pending', attempt: null };
  const { status } = node;
  if (node.status === 'looping') return { status, attempt: null, iteration: node.iteration };
  if (node.status === 'delegating') {
    return { status, attempt: null, children: childCounts(node.subruns) };
  }
  return { status, attempt: 'attempt' in node ? node.attempt : null };
}

/** The run's own gates, then those of its sub-runs. */
export function gatesOf(definition: WorkflowDefinition, state: RunState): readonly WaitingGate[] {
  const own = waitingGates(definition, state).map(({ name, node, message, openedAt }) => ({
    nodeId: name,
    message,
    decisions: choicesAt(node),
    ...labelsAt(node),
    openedAt,
  }));
  const foreign = foreignGates(delegatingNodes(definition, state));
  return [...own, ...foreign.map(({ address, gate }) => ({ ...gate, nodeId: address }))];
}

const SHOWN_NODES = 100;
const LINE_CHARACTERS = 100;
const MARKS: Readonly<Record<NodeState['status'], string>> = {
  pending: '◌',
  kept: '✓',
  running: '▶',
  retrying: '↻',
  waiting: '⏸',
  looping: '↻',
  delegating: '▶',
  completed: '✓',
  failed: '✗',
  skipped: '-',
  dropped: '-',
};

function statusOf({ status, iteration, children }: RunDescription['nodes'][number]): string {
  if (children !== undefined) return `${status}, ${tellCounts(children)}`;
  return iteration === undefined ? status : `${status}, iteration ${iteration}`;
}

/** Gates of sub-runs have brackets in their names. */
function shellWord(name: string): string {
  return /^[\w.:/-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

const inLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** Behind a command, in one line. */
function comment(label: string | null): string {
  return label === null ? '' : `  # ${inLine(label)}`;
}

const NEXT: Readonly<Record<RunDescription['status'], readonly string[]>> = {
  running: ['cancel'],
  paused: ['cancel'],
  cancelling: [],
  completed: [],
  failed: ['resume'],
  cancelled: ['resume'],
};

/** The same in Markdown, for the Web UI. */
export function detailsOf(title: string, description: RunDescription): string {
  const { nodes, waiting, runId, status, startedAt, startedBy } = description;
  const shown = nodes.length <= SHOWN_NODES ? nodes : nodes.filter((node) => node.status !== 'pending');
  const lines = shown.slice(-SHOWN_NODES).map((node) => {
    const what = node.description === undefined ? '' : `: ${node.description}`;
    return `- ${MARKS[node.status]} \`${node.nodeId}\` ${node.kind}, ${statusOf(node)}${what}`;
  });
  const more = nodes.length > lines.length ? [`- … ${nodes.length} nodes in all`] : [];
  const gates = waiting.flatMap((gate) => [
    '',
    `**Waits at \`${gate.nodeId}\`** since ${gate.openedAt}: ${gate.message.slice(0, 500)}`,
    '',
    ...gate.decisions.map(
      (id) =>
        `    signalbox respond ${runId} ${id} --node ${shellWord(gate.nodeId)}${comment(labelOf(gate, id))}`,
    ),
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
    ...[...NEXT[status], 'get --verbose'].map((command) => `    signalbox ${command} ${runId}`),
  ].join('\n');
}
