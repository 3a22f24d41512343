import type { DraftBody, DraftNode, DraftWorkflow } from '../definition/draft.js';
import type { IssuePath } from '../definition/issue.js';
import type { JsonObject } from '../json.js';

/** A node that an agent performs, and where its settings may have been written. */
export interface AgentSeat {
  readonly node: DraftNode;
  readonly settings: JsonObject;
  /** From the node itself outwards to its workflow. */
  readonly places: readonly KeyPlace[];
}

interface KeyPlace {
  readonly path: IssuePath;
  readonly written: readonly string[];
}

/** Keys under which a workflow says for all what a node says for itself. */
const NAMES_FOR_ALL: Readonly<Record<string, string>> = {
  effort: 'modelReasoningEffort',
  persist_session: 'persist_sessions',
};

/** Every agent of a workflow's own file, those in bodies included. */
export function agentSeats(workflow: DraftWorkflow): readonly AgentSeat[] {
  return seatsIn(workflow.nodes, [{ path: [], written: workflow.written }]);
}

function seatsIn(nodes: readonly DraftNode[], around: readonly KeyPlace[]): readonly AgentSeat[] {
  return nodes.flatMap((node) => {
    const places = [node, ...around];
    if (isAgent(node.body)) return [{ node, settings: node.body.settings, places }];
    return node.body?.kind === 'loop_group' ? seatsIn(node.body.body, places) : [];
  });
}

const isAgent = (body: DraftBody | null): body is Extract<DraftBody, { readonly kind: 'agent' | 'loop' }> =>
  body?.kind === 'agent' || body?.kind === 'loop';

/** Where a setting of an agent stands: on its node, else on what is around it. */
export function placeOf(key: string, { places }: AgentSeat): IssuePath {
  for (const { path, written } of places) {
    const name = written.includes(key) ? key : NAMES_FOR_ALL[key];
    if (name !== undefined && written.includes(name)) return [...path, name];
  }
  return places[0]?.path ?? [];
}
