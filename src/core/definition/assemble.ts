import { conditionReferences } from '../expression/condition.js';
import { findReferences, formatReference, type Reference } from '../expression/reference.js';
import type { NodeId } from '../ids.js';
import type { Binding, Boundary, Graph, Node, NodeBase, Schedule, WorkflowDefinition } from './definition.js';
import { dependenciesOf, positionsOf } from './check-graph.js';
import type { DraftBinding, DraftBody, DraftNode, DraftWorkflow } from './draft.js';
import { textsOf, type DraftText } from './draft-texts.js';
import { layersOf } from './graph.js';
import { isOneReference } from './read-bindings.js';

/**
 * The definition that a workflow without faults and without includes makes.
 * @param usual schedule of one that names none
 */
export function assemble(workflow: DraftWorkflow, usual: Schedule): WorkflowDefinition {
  const schedule = workflow.schedule ?? usual;
  const { name, description, isInteractive, tags, inputs, worktree, requires } = workflow;
  const { nodes } = toGraph(workflow.nodes, schedule, resultFields(workflow)).graph;
  return {
    name,
    description,
    schedule,
    isInteractive,
    tags,
    inputs,
    nodes,
    ...(workflow.mutatesCheckout ? {} : { mutatesCheckout: false }),
    ...(worktree === null ? {} : { worktree }),
    ...(workflow.requiresEvidence ? { requiresEvidence: true } : {}),
    ...(requires.length === 0 ? {} : { requires }),
    ...(workflow.returns === null ? {} : { returns: workflow.returns as NodeId }),
    ...(workflow.outcomeField === null ? {} : { outcomeField: workflow.outcomeField }),
  };
}

/** The field that says whether the outcome is a success is read like any other. */
function resultFields({ returns, outcomeField }: DraftWorkflow): readonly Reference[] {
  if (returns === null || outcomeField === null) return [];
  return [{ kind: 'node', nodeId: returns as NodeId, field: outcomeField }];
}

interface Assembled {
  readonly graph: Graph;
  /** What its texts and conditions refer to that stands outside. */
  readonly free: readonly Reference[];
}

/** @param readers references from outside to its nodes: of a group's `until_bash` */
function toGraph(drafts: readonly DraftNode[], schedule: Schedule, readers: readonly Reference[]): Assembled {
  const positions = positionsOf(drafts);
  const dependencies = dependenciesOf(drafts, positions);
  const layering = layersOf(dependencies);
  const made = drafts.map((draft) => ({ ...toBody(draft, schedule), when: whensOf(draft) }));
  const all = [...readers, ...made.flatMap(({ outward, when }) => [...outward, ...when])];
  const fields = fieldsByNode(all);
  const nodes = made.map(({ draft, own, references }, position): Node => {
    const base: NodeBase = {
      id: draft.id ?? ('' as NodeId),
      description: draft.description,
      when: draft.when,
      triggerRule: draft.triggerRule ?? 'all_success',
      dependsOn: dependencies[position] ?? [],
      layer: layering.kind === 'layers' ? (layering.layers[position] ?? 0) : 0,
      references,
      fieldsRead: [...new Set([...(fields.get(draft.id ?? '') ?? []), ...ownFields(own)])],
      ...draft.extras,
      ...bindingsOf(draft),
      ...boundariesOf(draft, positions),
    };
    return { ...base, ...own } as Node;
  });
  const free = onePer(all).filter((one) => one.kind === 'node' && !positions.has(one.nodeId));
  return { graph: { schedule, nodes }, free };
}

type Body =
  | Exclude<DraftBody, { readonly kind: 'include' | 'loop_group' }>
  | { readonly kind: 'loop_group'; readonly body: Graph };

interface Made {
  readonly draft: DraftNode;
  readonly own: Body;
  readonly references: readonly Reference[];
  /** Those that are looked for in the list that the node stands in. */
  readonly outward: readonly Reference[];
}

function toBody(draft: DraftNode, schedule: Schedule): Made {
  const { body } = draft;
  if (body === null || body.kind === 'include')
    throw new TypeError('only nodes that have been read are assembled');
  const references = onePer(textsOf(draft).flatMap(referencesOf));
  if (body.kind !== 'loop_group') return { draft, own: body, references, outward: references };
  const { settings: _settings, body: nodes, ...own } = body;
  const { graph, free } = toGraph(nodes, schedule, references);
  const inner = new Set(graph.nodes.map(({ id }) => id));
  const isOutward = (one: Reference): boolean => one.kind === 'node' && !inner.has(one.nodeId);
  const outward = onePer([...references.filter(isOutward), ...free]);
  return { draft, own: { ...own, body: graph }, references: onePer([...references, ...free]), outward };
}

/** Inputs are written into texts for agents and sub-runs only. */
function referencesOf({ text, surface }: DraftText): readonly Reference[] {
  const references = findReferences(text).map(({ reference }) => reference);
  return surface === 'prompt' ? references : references.filter(({ kind }) => kind !== 'input');
}

function ownFields(own: Body): readonly string[] {
  return own.kind === 'loop' && own.untilField !== null ? [own.untilField] : [];
}

function whensOf({ when, boundaries }: DraftNode): readonly Reference[] {
  const whens = [when, ...boundaries.map((boundary) => boundary.when)];
  return whens.flatMap((one) => (one === null ? [] : conditionReferences(one.condition)));
}

function bindingsOf({ bindings }: DraftNode): Pick<NodeBase, 'bindings'> {
  const entries = Object.entries(bindings);
  if (entries.length === 0) return {};
  return { bindings: Object.fromEntries(entries.map(([name, binding]) => [name, toBinding(binding)])) };
}

function toBinding(binding: DraftBinding): Binding {
  if (binding.kind === 'literal') return binding;
  const { text, ifSkipped } = binding;
  const [token] = findReferences(text);
  if (token === undefined) return { kind: 'literal', value: text };
  if (!isOneReference(text)) return { kind: 'template', text };
  return { kind: 'reference', reference: token.reference, ...(ifSkipped === undefined ? {} : { ifSkipped }) };
}

function boundariesOf(
  { boundaries }: DraftNode,
  positions: ReadonlyMap<string, number>,
): Pick<NodeBase, 'boundaries'> {
  if (boundaries.length === 0) return {};
  const named = boundaries.map(({ dependsOn, ...rest }): Boundary => ({
    ...rest,
    dependsOn: [...new Set(dependsOn.flatMap((name) => positions.get(name) ?? []))],
  }));
  return { boundaries: named };
}

/** Which fields of which node are read. */
function fieldsByNode(references: readonly Reference[]): ReadonlyMap<string, ReadonlySet<string>> {
  const fields = new Map<string, Set<string>>();
  for (const reference of references) {
    if (reference.kind === 'input' || reference.field === null) continue;
    const known = fields.get(reference.nodeId) ?? new Set();
    fields.set(reference.nodeId, known.add(reference.field));
  }
  return fields;
}

function onePer(references: readonly Reference[]): readonly Reference[] {
  return [...new Map(references.map((reference) => [formatReference(reference), reference])).values()];
}
