import type { Graph, WorkflowDefinition } from '../definition/definition.js';
import { RunError } from '../errors.js';
import { nameAt, type Place } from './place.js';

const NAMED_NODES = 10;

/** Nodes for which an agent is needed, by the names that people call them. */
export function agentsOf(definition: WorkflowDefinition): readonly string[] {
  return agentsIn(definition, []);
}

/**
 * Nothing of a run begins that would come to an agent it cannot have.
 * @param names `agentsOf` its definition; absent: none
 * @throws RunError `AGENT_UNSUPPORTED`
 */
export function requireNoAgents(workflow: string, names: readonly string[] = []): void {
  if (names.length > 0) throw agentsUnsupported(workflow, names);
}

export function agentsUnsupported(workflow: string, names: readonly string[]): RunError {
  const shown = names.slice(0, NAMED_NODES).map((name) => `'${name}'`);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return new RunError(
    'AGENT_UNSUPPORTED',
    `workflow ${workflow} needs an AI agent for ${shown.join(', ')}${more}, and this version runs none. Use bash and script nodes in their place; signalbox validate and run --dry-run take them as they are`,
    { workflow, nodes: names },
  );
}

function agentsIn({ nodes }: Graph, place: Place): readonly string[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'agent' || node.kind === 'loop') return [nameAt(place, node.id)];
    if (node.kind === 'approval') return node.onReject === undefined ? [] : [nameAt(place, node.id)];
    return node.kind === 'loop_group'
      ? agentsIn(node.body, [...place, { nodeId: node.id, iteration: 1 }])
      : [];
  });
}
