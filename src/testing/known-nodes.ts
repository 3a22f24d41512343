import type { RunSource } from '../client/load-source.js';
import type { Graph, NodeKind } from '../core/definition/definition.js';

/**
 * Every name by which a stub may mean a node of a workflow or of those that it runs, with its kind: its id, `group.id`
 * in the body of a loop group, `gate:on_reject` for an agent behind a gate, and each behind `workflow/`.
 */
export function knownNodes({ definition, library }: RunSource): ReadonlyMap<string, NodeKind> {
  const named = [definition, ...Object.values(library)].flatMap((workflow) =>
    [...namesIn(workflow, '')].flatMap(([name, kind]) =>
      namesOf(workflow.name, name).map((one) => [one, kind] as const),
    ),
  );
  // Of several that one name may mean the first counts.
  return new Map(named.toReversed());
}

/** The same names, from the most exact to the plain id. @param name `group.id` for one in a body */
export function namesOf(workflow: string, name: string): readonly string[] {
  return [`${workflow}/${name}`, name, lastOf(name)];
}

function* namesIn({ nodes }: Graph, prefix: string): Generator<readonly [string, NodeKind]> {
  for (const node of nodes) {
    yield [`${prefix}${node.id}`, node.kind];
    if (node.kind === 'approval' && node.onReject !== undefined) {
      yield [`${prefix}${node.id}:on_reject`, 'agent'];
    }
    if (node.kind === 'loop_group') yield* namesIn(node.body, `${prefix}${node.id}.`);
  }
}

const lastOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
