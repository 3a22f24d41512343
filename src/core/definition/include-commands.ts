import { findReferences, formatReference } from '../expression/reference.js';
import { positionsOf } from './check-graph.js';
import type { AgentPrompt } from './definition.js';
import type { DraftBody, DraftNode, DraftWorkflow } from './draft.js';
import type { Issue, IssuePath } from './issue.js';
import { inline } from './read-bodies.js';

/** The text of a command file that a workflow names; null: there is none. */
export type CommandLookup = (name: string) => string | null;

/** Something wrong with an include. `path`: from its node. */
export type IncludeFault = Pick<Issue, 'code' | 'message' | 'hint'> & { readonly path: IssuePath };

interface Search {
  readonly commands: CommandLookup;
  readonly faults: IncludeFault[];
}

/**
 * The nodes of a workflow with the texts of their commands: an included workflow sees its own files, which the
 * including one need not see.
 */
export function withCommands(child: DraftWorkflow, search: Search): readonly DraftNode[] {
  return filled(child.nodes, new Set(), { ...search, workflow: child.name });
}

function filled(
  nodes: readonly DraftNode[],
  enclosing: ReadonlySet<string>,
  search: Search & { readonly workflow: string },
): readonly DraftNode[] {
  const visible = new Set([...enclosing, ...positionsOf(nodes).keys()]);
  return nodes.map((node) => {
    const { body } = node;
    if (body?.kind === 'loop_group')
      return { ...node, body: { ...body, body: filled(body.body, visible, search) } };
    return body === null ? node : { ...node, body: withCommand(body, visible, search) };
  });
}

function withCommand(
  body: DraftBody,
  visible: ReadonlySet<string>,
  { workflow, commands, faults }: Search & { readonly workflow: string },
): DraftBody {
  if ((body.kind !== 'agent' && body.kind !== 'loop') || body.prompt.kind !== 'command') return body;
  const { name, text } = body.prompt;
  if (text !== null) return body;
  const found = commands(name);
  if (found === null) {
    const message = `the command '${name}' of the workflow '${workflow}' is not found`;
    const hint = `add ${name}.md to a commands folder`;
    faults.push({ code: 'COMMAND_NOT_FOUND', path: ['include'], message, hint });
    return body;
  }
  for (const { reference } of findReferences(found)) {
    if (reference.kind !== 'node' || visible.has(reference.nodeId)) continue;
    const message = `'${formatReference(reference)}' in the command '${name}' names no node of the workflow '${workflow}'`;
    faults.push({
      code: 'UNKNOWN_REFERENCE',
      path: ['include'],
      message,
      hint: 'name a node of that workflow',
    });
  }
  const prompt: AgentPrompt = { kind: 'command', name, text: inline(found) };
  return { ...body, prompt };
}
