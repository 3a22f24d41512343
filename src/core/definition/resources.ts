import { withCommandReferences } from './command-references.js';
import type { AgentPrompt, Graph, Node, ScriptSource, Text, WorkflowDefinition } from './definition.js';

/** What the nodes of a graph, inner ones included, need of other files, by name, without repeats. */
export interface ResourceNames {
  readonly commands: readonly string[];
  readonly scripts: readonly string[];
  /** Scripts whose places in the captured source are known already. */
  readonly placedScripts: readonly string[];
  /** Workflows that they run. */
  readonly workflows: readonly string[];
}

/** What has been found of it. */
export interface Resources {
  /** Text by name of the command. */
  readonly commands: ReadonlyMap<string, string>;
  /** Place in the captured source by name of the script. */
  readonly scripts: ReadonlyMap<string, string>;
  /** Whole name by the name that a node gives. */
  readonly workflows: ReadonlyMap<string, string>;
}

export function resourcesOf(graph: Graph): ResourceNames {
  const nodes = allNodes(graph);
  const commands = nodes.flatMap((node) => {
    const prompt = node.kind === 'agent' || node.kind === 'loop' ? node.prompt : null;
    return prompt?.kind === 'command' && prompt.text === null ? [prompt.name] : [];
  });
  const named = nodes.flatMap((node) =>
    node.kind === 'script' && node.source.kind === 'named' ? [node.source] : [],
  );
  const workflows = nodes.flatMap((node) => (node.kind === 'workflow' ? [node.target] : []));
  return {
    commands: distinct(commands),
    scripts: distinct(named.flatMap(({ name, file }) => (file === undefined ? [name] : []))),
    placedScripts: distinct(named.flatMap(({ file }) => file ?? [])),
    workflows: distinct(workflows),
  };
}

/** The same definition with what has been found put where it is named; what has not stays a name. */
export function withResources(definition: WorkflowDefinition, found: Resources): WorkflowDefinition {
  const filled = mapNodes(definition, (node) => {
    if (node.kind === 'script') return { ...node, source: foundScript(node.source, found) };
    if (node.kind === 'workflow') {
      return { ...node, target: found.workflows.get(node.target) ?? node.target };
    }
    return node.kind === 'agent' || node.kind === 'loop'
      ? { ...node, prompt: foundPrompt(node.prompt, found) }
      : node;
  });
  return withCommandReferences(filled);
}

/** Changes every text that only a host reads: gates and reasons are rendered by the workflow. */
export function mapHostTexts(
  definition: WorkflowDefinition,
  change: (text: Text) => Text,
): WorkflowDefinition {
  return mapNodes(definition, (node) => withHostTexts(node, change));
}

function withHostTexts(node: Node, change: (text: Text) => Text): Node {
  switch (node.kind) {
    case 'bash':
      return { ...node, script: change(node.script) };
    case 'script':
      return node.source.kind === 'named'
        ? node
        : { ...node, source: { ...node.source, text: change(node.source.text) } };
    case 'agent':
      return { ...node, prompt: promptWith(node.prompt, change) };
    case 'loop':
      return { ...node, prompt: promptWith(node.prompt, change), rules: rulesWith(node.rules, change) };
    case 'loop_group':
      return { ...node, rules: rulesWith(node.rules, change) };
    case 'approval': {
      const { onReject } = node;
      if (onReject === undefined) return node;
      return { ...node, onReject: { ...onReject, prompt: change(onReject.prompt) } };
    }
    case 'cancel':
    case 'workflow':
      return node;
  }
}

function promptWith(prompt: AgentPrompt, change: (text: Text) => Text): AgentPrompt {
  if (prompt.kind === 'inline') return { ...prompt, text: change(prompt.text) };
  return prompt.text === null ? prompt : { ...prompt, text: change(prompt.text) };
}

function rulesWith<Rules extends { readonly untilBash: Text | null }>(
  rules: Rules,
  change: (text: Text) => Text,
): Rules {
  return rules.untilBash === null ? rules : { ...rules, untilBash: change(rules.untilBash) };
}

function foundScript(source: ScriptSource, { scripts }: Resources): ScriptSource {
  if (source.kind === 'inline' || source.file !== undefined) return source;
  const file = scripts.get(source.name);
  return file === undefined ? source : { ...source, file };
}

function foundPrompt(prompt: AgentPrompt, { commands }: Resources): AgentPrompt {
  const text = prompt.kind === 'command' ? commands.get(prompt.name) : undefined;
  return prompt.kind === 'inline' || text === undefined
    ? prompt
    : { ...prompt, text: { kind: 'inline', text } };
}

function allNodes({ nodes }: Graph): readonly Node[] {
  return nodes.flatMap((node) => (node.kind === 'loop_group' ? [node, ...allNodes(node.body)] : [node]));
}

function mapNodes<G extends Graph>(graph: G, change: (node: Node) => Node): G {
  const nodes = graph.nodes.map((node) => {
    const changed = change(node);
    return changed.kind === 'loop_group' ? { ...changed, body: mapNodes(changed.body, change) } : changed;
  });
  return { ...graph, nodes };
}

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)];
