import { INPUTS, type Reference } from '../expression/reference.js';
import type { NodeId } from '../ids.js';
import { isJsonObject } from '../json.js';
import { dependenciesOf, positionsOf } from './check-graph.js';
import type { DraftBinding, DraftBody, DraftBoundary, DraftNode, DraftWorkflow } from './draft.js';
import { layersOf } from './graph.js';
import { inputFaults } from './input-faults.js';
import { withCommands, type CommandLookup, type IncludeFault } from './include-commands.js';
import { both, rewriteNodes, type TextBudget } from './rewrite.js';

/** What an include became. */
export interface Inlined {
  readonly nodes: readonly DraftNode[];
  /** Where a dependency on the include leads. */
  readonly sinks: readonly string[];
  /** Where a reference to its output leads. */
  readonly result: NodeId;
  readonly faults: readonly IncludeFault[];
}

type IncludeNode = DraftNode & { readonly id: NodeId };

/** Puts the nodes of a workflow, which has no includes itself any more, in the place of an include. */
export function inlineInclude(
  include: IncludeNode,
  child: DraftWorkflow,
  commands: CommandLookup,
  budget: TextBudget,
): Inlined {
  const faults: IncludeFault[] = [];
  const inputs = inputsOf(include, child, faults);
  const nodes = withFreshSessions(withCommands(child, { commands, faults }));
  const own = new Set(positionsOf(nodes).keys());
  const prefixed = (id: string): NodeId => `${include.id}__${id}` as NodeId;
  const rewrite = (reference: Reference, node: DraftNode): Reference | DraftBinding | null => {
    if (reference.kind === 'input') return inputFor(reference.name, node, inputs, faults);
    return reference.kind === 'node' && own.has(reference.nodeId)
      ? { ...reference, nodeId: prefixed(reference.nodeId) }
      : null;
  };
  const rewritten = rewriteNodes(nodes, rewrite, budget).map((node) => giveInputs(node, inputs));
  const placed = rewritten.map((node) => place(node, { include, prefixed, budget }));
  const inner = new Set(nodes.flatMap(({ dependsOn }) => dependsOn));
  const sinks = [...own].filter((id) => !inner.has(id));
  return {
    nodes: withBoundaries(placed, rewritten, include),
    sinks: sinks.map(prefixed),
    result: prefixed(child.returns ?? sinks[0] ?? ''),
    faults: onePer(faults),
  };
}

function inputsOf(
  { bindings }: DraftNode,
  child: DraftWorkflow,
  faults: IncludeFault[],
): ReadonlyMap<string, DraftBinding> {
  faults.push(...inputFaults(child, Object.keys(bindings), 'include'));
  const given = child.inputs.flatMap(({ name, defaultValue }) => {
    const binding = Object.hasOwn(bindings, name) ? bindings[name] : undefined;
    if (binding !== undefined) return [[name, binding] as const];
    if (defaultValue !== undefined) return [[name, { kind: 'literal', value: defaultValue }] as const];
    return [];
  });
  return new Map(given);
}

/** A node's own `with` comes first: those inputs are known when it runs. */
function inputFor(
  name: string,
  { bindings, body }: DraftNode,
  inputs: ReadonlyMap<string, DraftBinding>,
  faults: IncludeFault[],
): DraftBinding | null {
  if (body?.kind === 'agent' && Object.hasOwn(bindings, name)) return null;
  const input = inputs.get(name);
  if (input !== undefined) return input;
  const message = `'$${INPUTS}.${name}' of the included workflow has no value`;
  faults.push({
    code: 'INPUT_MISSING',
    path: ['include'],
    message,
    hint: `add with: {${name}: …}, or give it a default there`,
  });
  return null;
}

/** Every node finds the inputs in its environment, too. */
function giveInputs(node: DraftNode, inputs: ReadonlyMap<string, DraftBinding>): DraftNode {
  const { body } = node;
  const inner =
    body?.kind === 'loop_group' ? { ...body, body: body.body.map((one) => giveInputs(one, inputs)) } : body;
  const isHandedOn = body?.kind === 'workflow';
  const bindings = isHandedOn ? node.bindings : { ...Object.fromEntries(inputs), ...node.bindings };
  return { ...node, bindings, body: inner };
}

/** The first agents of an include begin with sessions of their own, unless they say otherwise. */
function withFreshSessions(nodes: readonly DraftNode[]): readonly DraftNode[] {
  const dependencies = dependenciesOf(nodes, positionsOf(nodes));
  const layering = layersOf(dependencies);
  if (layering.kind === 'cycles') return nodes;
  const isBehindAgent = nodes.map(() => false);
  const order = [...nodes.keys()].sort((a, b) => (layering.layers[a] ?? 0) - (layering.layers[b] ?? 0));
  const isAgent = (position: number): boolean => {
    const kind = nodes[position]?.body?.kind;
    return kind === 'agent' || kind === 'loop';
  };
  for (const position of order) {
    const before = dependencies[position] ?? [];
    isBehindAgent[position] = before.some((one) => isAgent(one) || isBehindAgent[one] === true);
  }
  return nodes.map((node, position) => {
    const { body } = node;
    if (body?.kind !== 'agent' || isBehindAgent[position] === true) return node;
    return { ...node, body: { ...body, settings: { context: 'fresh', ...body.settings } } };
  });
}

interface Placing {
  readonly include: DraftNode;
  readonly prefixed: (id: string) => NodeId;
  readonly budget: TextBudget;
}

/** The node under its new name; one that begins the include takes over what the include waits for. */
function place(node: DraftNode, { include, prefixed, budget }: Placing): DraftNode {
  const renamed = {
    ...node,
    id: node.id === null ? null : prefixed(node.id),
    boundaries: node.boundaries.map((one) => ({ ...one, dependsOn: one.dependsOn.map(prefixed) })),
    body: node.body && withSessionOf(node.body, prefixed),
  };
  if (node.dependsOn.length > 0) return { ...renamed, dependsOn: node.dependsOn.map(prefixed) };
  return {
    ...renamed,
    dependsOn: include.dependsOn,
    when: both(include.when, node.when, budget),
    triggerRule: node.triggerRule ?? include.triggerRule,
  };
}

/** Whose session an agent goes on with is one of the include's own nodes. */
function withSessionOf(body: DraftBody, prefixed: (id: string) => NodeId): DraftBody {
  if (body.kind !== 'agent') return body;
  const { context } = body.settings;
  if (!isJsonObject(context) || typeof context['resume'] !== 'string') return body;
  return { ...body, settings: { ...body.settings, context: { resume: prefixed(context['resume']) } } };
}

/** Nodes further in are skipped, too, when the include as a whole is. */
function withBoundaries(
  placed: readonly DraftNode[],
  before: readonly DraftNode[],
  include: DraftNode,
): readonly DraftNode[] {
  const isFirst = (position: number): boolean => before[position]?.dependsOn.length === 0;
  const rules = placed
    .filter((_, position) => isFirst(position))
    .map(({ triggerRule }) => triggerRule ?? 'all_success');
  const boundary: DraftBoundary = {
    dependsOn: include.dependsOn,
    triggerRules: [...new Set(rules)],
    when: include.when,
  };
  if (include.dependsOn.length === 0 && include.when === null) return placed;
  return placed.map((node, position) =>
    isFirst(position) ? node : { ...node, boundaries: [boundary, ...node.boundaries] },
  );
}

function onePer(faults: readonly IncludeFault[]): readonly IncludeFault[] {
  return [...new Map(faults.map((fault) => [fault.message, fault])).values()];
}
