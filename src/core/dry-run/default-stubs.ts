import type { Graph, Node, WorkflowDefinition } from '../definition/definition.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import { sinksOf } from '../run/plan.js';
import type { StubValue } from './stub-value.js';
import { listsReadIn } from './lists-read.js';
import { isWork, nodeType } from './work.js';

/** A node that a dry run can play with a stub only. */
export interface StubbedNode {
  /** `group.node` in the body of a loop group; of a sub-run behind `workflow/`. */
  readonly name: string;
  readonly node: Node;
  /** Of the loop groups whose iterations its output ends: each would otherwise never be done. */
  readonly signals: readonly string[];
  /** Fields of its output that a fan-out takes its items from; null: all of it. */
  readonly lists: readonly (string | null)[];
}

/** What a sub-run runs; null: it is not known. */
export type StubLibrary = (target: string) => WorkflowDefinition | null;

/** Those of a workflow, then those of each that it runs, as `workflow/node`; a sub-run that is known needs none itself. */
export function nodesToStub(root: WorkflowDefinition, library: StubLibrary): readonly StubbedNode[] {
  const found = [root];
  for (const { nodes } of found) {
    const targets = nodes.flatMap((node) => (node.kind === 'workflow' ? (library(node.target) ?? []) : []));
    for (const target of targets) if (!found.some(({ name }) => name === target.name)) found.push(target);
  }
  return found.flatMap((one) => {
    const own = stubbedIn(one, one === root ? '' : `${one.name}/`, []);
    return own.filter(({ node }) => node.kind !== 'workflow' || library(node.target) === null);
  });
}

/** In the order of the file, bodies after what stands before their group. */
function stubbedIn(graph: Graph, prefix: string, around: readonly string[]): readonly StubbedNode[] {
  const sinks = sinksOf(graph);
  const lists = listsReadIn(graph);
  return graph.nodes.flatMap((node, position) => {
    const name = `${prefix}${node.id}`;
    const signals = sinks.includes(position) ? around : [];
    if (node.kind === 'loop_group') {
      const { until } = node.rules;
      return stubbedIn(node.body, `${name}.`, until === null ? signals : [...signals, until]);
    }
    return isWork(node) ? [{ name, node, signals, lists: lists.get(node.id) ?? [] }] : [];
  });
}

/**
 * A likely output of a node: an object of the shape that it declares, or with the fields that others read of it;
 * a list for a fan-out, and of a fan-out; else a text that names it.
 */
export function defaultStub({ name, node, signals, lists }: StubbedNode): StubValue {
  if (node.kind === 'workflow' && node.fanOut !== null) return [`output of ${name} 1`];
  const shape = node.outputFormat;
  if (shape !== undefined) return withSignal(node, exampleOf(shape));
  if (lists.includes(null)) return [`item of ${name}`];
  if (node.fieldsRead.length === 0) return withSignal(node, [`output of ${name}`, ...signals].join('\n'));
  const valueOf = (field: string): Json =>
    lists.includes(field) ? [`item of ${name}`] : `${field} of ${name}`;
  return Object.fromEntries(node.fieldsRead.map((field) => [field, valueOf(field)]));
}

/** A loop whose stub does not end it would never be done. */
function withSignal(node: Node, stub: Json): Json {
  if (node.kind !== 'loop') return stub;
  if (node.untilField !== null && isJsonObject(stub)) return { ...stub, [node.untilField]: true };
  return typeof stub === 'string' && node.rules.until !== null ? `${stub}\n${node.rules.until}` : stub;
}

/** A value that fits a JSON Schema of the plain kind. */
function exampleOf(schema: Json): Json {
  if (!isJsonObject(schema)) return '';
  const { type, enum: choices, default: preset, items, properties } = schema;
  if (preset !== undefined) return preset;
  if (Array.isArray(choices)) return (choices as readonly Json[])[0] ?? null;
  if (type === 'array') return items === undefined ? [] : [exampleOf(items)];
  if (type === 'object' || properties !== undefined) return membersOf(properties);
  return typeof type === 'string' && Object.hasOwn(EXAMPLES, type) ? (EXAMPLES[type] ?? null) : 'text';
}

const EXAMPLES: Readonly<Record<string, Json>> = { number: 1, integer: 1, boolean: true, null: null };

function membersOf(properties: Json | undefined): JsonObject {
  if (!isJsonObject(properties)) return {};
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, exampleOf(schema)]));
}

/** The text of a stub file with the default stub of every node: to be edited. JSON values are YAML, too. */
export function stubFile(name: string, nodes: readonly StubbedNode[]): string {
  const lines = nodes.map(
    (one) => `${JSON.stringify(one.name)}: ${JSON.stringify(defaultStub(one))}  # ${nodeType(one.node)}`,
  );
  return [
    `# What stands in for the work of nodes in a dry run of ${name.replaceAll(/\s+/g, ' ')}.`,
    '# A text is the output as it is; { fail: text } a failure; anything else is the output as JSON.',
    '# A gate may have a stub, too: the decision. Without one it is approved.',
    ...lines,
    '',
  ].join('\n');
}
