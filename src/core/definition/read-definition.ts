import { conditionReferences } from '../expression/condition.js';
import type { Reference } from '../expression/reference.js';
import type { NodeId } from '../ids.js';
import { isJsonObject } from '../json.js';
import { nearestName } from '../nearest-name.js';
import { checkReferences, referencesOf } from './check-references.js';
import type { Node, Text, WorkflowDefinition } from './definition.js';
import type { DraftNode, DraftWorkflow } from './draft.js';
import { layersOf, type Dependencies } from './graph.js';
import { readInputs } from './read-inputs.js';
import { readMap } from './read-map.js';
import { readNode } from './read-node.js';
import { reportFaults, show } from './report-faults.js';
import type { IssueList, SourceDocument } from './source-document.js';

/** Reads the definition that a document holds, and tells everything that is wrong with it. Null: there is none. */
export function readDefinition({ value }: SourceDocument, issues: IssueList): WorkflowDefinition | null {
  if (!isJsonObject(value)) {
    const message = `the file must hold a map of keys; it holds ${show(value)}`;
    issues.error({
      code: 'VALUE_INVALID',
      path: [],
      message,
      hint: 'begin with name, description and nodes',
    });
    return null;
  }
  const workflow = readWorkflow(value, issues);
  const positions = indexNodes(workflow.nodes, issues);
  const dependencies = readDependencies(workflow.nodes, positions, issues);
  checkReferences(workflow, issues);
  const layers = checkCycles(workflow.nodes, dependencies, issues);
  return layers === null || issues.hasErrors ? null : assemble(workflow, dependencies, layers);
}

function readWorkflow(source: Readonly<Record<string, unknown>>, issues: IssueList): DraftWorkflow {
  const { fields, faults } = readMap('workflow', source);
  reportFaults({ map: 'workflow', path: [], label: 'the workflow' }, source, faults, issues);
  const nodes = (fields.nodes ?? []).flatMap((node, position) => readNode(node, position, issues) ?? []);
  return {
    name: fields.name ?? '',
    description: fields.description ?? '',
    schedule: fields.schedule ?? 'layers',
    isInteractive: readInteractive(fields.interactive, nodes, issues),
    tags: [...new Set((fields.tags ?? []).map((tag) => tag.trim()))].filter((tag) => tag !== ''),
    inputs: readInputs(fields.inputs, issues),
    nodes,
  };
}

function readInteractive(
  declared: boolean | undefined,
  nodes: readonly DraftNode[],
  issues: IssueList,
): boolean {
  const gate = nodes.find(({ body }) => body?.kind === 'approval');
  if (gate === undefined || declared === true) return declared === true;
  const message = `the workflow has the gate '${gate.id ?? ''}' and does not say that it may stop for a person; it counts as interactive`;
  const path = declared === undefined ? [...gate.path, 'approval'] : ['interactive'];
  issues.warning({
    code: 'INTERACTIVE_UNDECLARED',
    path,
    message,
    hint: 'add interactive: true',
    aim: 'key',
  });
  return true;
}

/** Positions in `nodes` by id; of several with one id the first counts. */
function indexNodes(nodes: readonly DraftNode[], issues: IssueList): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  for (const [position, { id, path }] of nodes.entries()) {
    if (id === null) continue;
    if (!positions.has(id)) positions.set(id, position);
    else {
      const message = `there is another node '${id}' further up`;
      issues.error({
        code: 'DUPLICATE_NODE_ID',
        path: [...path, 'id'],
        message,
        hint: 'give it an id of its own',
      });
    }
  }
  return positions;
}

function readDependencies(
  nodes: readonly DraftNode[],
  positions: ReadonlyMap<string, number>,
  issues: IssueList,
): Dependencies {
  return nodes.map(({ id, path, dependsOn }) => {
    const found = dependsOn.flatMap((name, index) => {
      const position = positions.get(name);
      if (position !== undefined) return [position];
      const hint = (): string => {
        const nearest = nearestName(name, [...positions.keys()]);
        return nearest === null ? 'remove it, or add that node' : `did you mean '${nearest}'?`;
      };
      const message = `node '${id ?? ''}' depends on '${name}', which is no node of the workflow`;
      issues.error({ code: 'UNKNOWN_DEPENDENCY', path: [...path, 'depends_on', index], message, hint });
      return [];
    });
    return [...new Set(found)];
  });
}

function checkCycles(
  nodes: readonly DraftNode[],
  dependencies: Dependencies,
  issues: IssueList,
): readonly number[] | null {
  const layering = layersOf(dependencies);
  if (layering.kind === 'layers') return layering.layers;
  for (const cycle of layering.cycles) {
    const [first] = cycle;
    const start = first === undefined ? undefined : nodes[first];
    const names = [...cycle, ...cycle.slice(0, 1)].map((position) => nodes[position]?.id ?? '');
    const message = `nodes wait for each other: ${names.join(' → ')}`;
    const path = [...(start?.path ?? []), 'depends_on'];
    issues.error({
      code: 'DEPENDENCY_CYCLE',
      path,
      message,
      hint: 'remove one of these dependencies',
      aim: 'key',
    });
  }
  return null;
}

function assemble(
  workflow: DraftWorkflow,
  dependencies: Dependencies,
  layers: readonly number[],
): WorkflowDefinition {
  const references = workflow.nodes.map(({ body }) => (body === null ? [] : referencesOf(body.text)));
  const fieldsRead = collectFields(workflow.nodes, references);
  const nodes = workflow.nodes.flatMap((draft, position) => {
    const { body, id, description, when, triggerRule } = draft;
    if (body === null || id === null) return [];
    const base = {
      id,
      description,
      when,
      triggerRule,
      dependsOn: dependencies[position] ?? [],
      layer: layers[position] ?? 0,
      references: references[position] ?? [],
      fieldsRead: [...(fieldsRead.get(id) ?? [])],
    };
    return [toNode(base, body)];
  });
  return { ...workflow, nodes };
}

type NodeBase = Omit<Node, 'kind'>;

function toNode(base: NodeBase, body: NonNullable<DraftNode['body']>): Node {
  const text: Text = { kind: 'inline', text: body.text };
  switch (body.kind) {
    case 'bash':
      return { ...base, kind: 'bash', script: text, timeoutMs: body.timeoutMs, retry: body.retry };
    case 'approval': {
      const { decisions, captureResponse, timeoutMs } = body;
      return { ...base, kind: 'approval', message: text, decisions, captureResponse, timeoutMs };
    }
    case 'cancel':
      return { ...base, kind: 'cancel', reason: text };
  }
}

/** Which fields of which node any text or condition reads. */
function collectFields(
  nodes: readonly DraftNode[],
  references: readonly (readonly Reference[])[],
): ReadonlyMap<NodeId, ReadonlySet<string>> {
  const fields = new Map<NodeId, Set<string>>();
  const conditions = nodes.map(({ when }) => (when === null ? [] : conditionReferences(when.condition)));
  for (const reference of [...references, ...conditions].flat()) {
    if (reference.kind !== 'node' || reference.field === null) continue;
    const known = fields.get(reference.nodeId) ?? new Set();
    fields.set(reference.nodeId, known.add(reference.field));
  }
  return fields;
}
