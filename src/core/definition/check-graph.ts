import { nearestName } from '../nearest-name.js';
import type { DraftNode } from './draft.js';
import { layersOf, type Dependencies } from './graph.js';
import type { IssueList } from './source-document.js';

/** More in one list of nodes are not planned in the time that a start may take. */
export const MOST_NODES = 5_000;

/** Tells what is wrong with how nodes hang together: ids, dependencies, cycles, and what a body may hold. */
export function checkGraph(nodes: readonly DraftNode[], issues: IssueList): void {
  checkLevel(nodes, new Set(), issues);
}

/** Positions in `nodes` by id; of several with one id the first counts. */
export function positionsOf(nodes: readonly DraftNode[]): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  for (const [position, { id }] of nodes.entries()) {
    if (id !== null && !positions.has(id)) positions.set(id, position);
  }
  return positions;
}

/** For each node the positions that it depends on, without repeats and what is not there. */
export function dependenciesOf(
  nodes: readonly DraftNode[],
  positions: ReadonlyMap<string, number>,
): Dependencies {
  return nodes.map(({ dependsOn }) => [...new Set(dependsOn.flatMap((name) => positions.get(name) ?? []))]);
}

/** @param enclosing ids of the graphs that this one stands in */
function checkLevel(nodes: readonly DraftNode[], enclosing: ReadonlySet<string>, issues: IssueList): void {
  const positions = positionsOf(nodes);
  checkCount(nodes, issues);
  checkIds(nodes, positions, enclosing, issues);
  for (const node of nodes) checkDependencies(node, positions, issues);
  checkCycles(nodes, dependenciesOf(nodes, positions), issues);
  const inner = nodes.filter(({ body }) => body?.kind === 'loop_group');
  if (inner.length === 0) return;
  const visible = new Set([...enclosing, ...positions.keys()]);
  for (const { body } of inner) {
    if (body?.kind !== 'loop_group') continue;
    checkBodyKinds(body.body, issues);
    checkLevel(body.body, visible, issues);
  }
}

function checkCount(nodes: readonly DraftNode[], issues: IssueList): void {
  const first = nodes[MOST_NODES];
  if (first === undefined) return;
  const message = `there are more than ${MOST_NODES} nodes`;
  const hint = 'split the workflow into smaller ones';
  issues.error({ code: 'FILE_TOO_COMPLEX', path: first.path, message, hint });
}

function checkIds(
  nodes: readonly DraftNode[],
  positions: ReadonlyMap<string, number>,
  enclosing: ReadonlySet<string>,
  issues: IssueList,
): void {
  for (const [position, { id, path }] of nodes.entries()) {
    if (id === null) continue;
    const at = [...path, 'id'];
    const hint = 'give it an id of its own';
    if (positions.get(id) !== position) {
      const message = `there is another node '${id}' further up`;
      issues.error({ code: 'DUPLICATE_NODE_ID', path: at, message, hint });
    }
    if (enclosing.has(id)) {
      const message = `the node '${id}' of the body has the id of a node outside, and would hide it`;
      issues.error({ code: 'NODE_ID_SHADOWED', path: at, message, hint });
    }
  }
}

function checkDependencies(
  { id, path, dependsOn }: DraftNode,
  positions: ReadonlyMap<string, number>,
  issues: IssueList,
): void {
  for (const [index, name] of dependsOn.entries()) {
    if (positions.has(name)) continue;
    const hint = (): string => {
      const nearest = nearestName(name, [...positions.keys()]);
      return nearest === null ? 'remove it, or add that node' : `did you mean '${nearest}'?`;
    };
    const owner = path.length > 2 ? 'body' : 'workflow';
    const message = `node '${id ?? ''}' depends on '${name}', which is no node of the ${owner}`;
    issues.error({ code: 'UNKNOWN_DEPENDENCY', path: [...path, 'depends_on', index], message, hint });
  }
}

function checkCycles(nodes: readonly DraftNode[], dependencies: Dependencies, issues: IssueList): void {
  const layering = layersOf(dependencies);
  if (layering.kind === 'layers') return;
  for (const cycle of layering.cycles) {
    const [first] = cycle;
    const start = first === undefined ? undefined : nodes[first];
    const names = [...cycle, ...cycle.slice(0, 1)].map((position) => nodes[position]?.id ?? '');
    const message = `nodes wait for each other: ${names.join(' → ')}`;
    const path = [...(start?.path ?? []), 'depends_on'];
    const hint = 'remove one of these dependencies';
    issues.error({ code: 'DEPENDENCY_CYCLE', path, message, hint, aim: 'key' });
  }
}

function checkBodyKinds(nodes: readonly DraftNode[], issues: IssueList): void {
  for (const { id, path, body } of nodes) {
    if (body?.kind !== 'workflow') continue;
    const message = `the node '${id ?? ''}' of a loop_group may not be a sub-run`;
    const hint = 'include the workflow, or loop over it in a workflow of its own';
    issues.error({ code: 'NODE_KIND_MISPLACED', path: [...path, 'workflow'], message, hint, aim: 'key' });
  }
}
