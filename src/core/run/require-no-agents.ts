import type { Graph, WorkflowDefinition } from '../definition/definition.js';
import { RunError } from '../errors.js';
import { nameAt, type Place } from './place.js';

const NAMED_NODES = 10;

/**
 * Nothing of a run begins that would come to an agent it cannot have.
 * @throws RunError `AGENT_UNSUPPORTED`
 */
export function requireNoAgents(definition: WorkflowDefinition): void {
  const names = agentsOf(definition, []);
  if (names.length === 0) return;
  const shown = names.slice(0, NAMED_NODES).map((name) => `'${name}'`);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  throw new RunError(
    'AGENT_UNSUPPORTED',
    `workflow ${definition.name} needs an AI agent for ${shown.join(', ')}${more}, and this version runs none. Use bash and script nodes in their place; signalbox validate and run --dry-run take them as they are`,
    { workflow: definition.name, nodes: names },
  );
}

function agentsOf({ nodes }: Graph, place: Place): readonly string[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'agent' || node.kind === 'loop') return [nameAt(place, node.id)];
    if (node.kind === 'approval') return node.onReject === undefined ? [] : [nameAt(place, node.id)];
    return node.kind === 'loop_group'
      ? agentsOf(node.body, [...place, { nodeId: node.id, iteration: 1 }])
      : [];
  });
}
