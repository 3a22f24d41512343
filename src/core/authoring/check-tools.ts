import type { IssuePath } from '../definition/issue.js';
import { CLAUDE_TOOLS, RENAMED_CLAUDE_TOOLS } from '../definition/assistants.js';
import type { IssueList } from '../definition/source-document.js';
import { isJsonObject, type Json } from '../json.js';
import { nearestName } from '../nearest-name.js';
import type { AgentSeat } from './agent-seats.js';

/** Tells names of tools that Claude does not know: it passes over them without a word. */
export function checkTools({ node, settings }: AgentSeat, provider: string, issues: IssueList): void {
  if (provider !== 'claude') return;
  for (const key of ['allowed_tools', 'denied_tools']) checkList(settings[key], [...node.path, key], issues);
  const { agents } = settings;
  for (const [name, agent] of Object.entries(isJsonObject(agents) ? agents : {})) {
    if (!isJsonObject(agent)) continue;
    for (const key of ['tools', 'disallowedTools'])
      checkList(agent[key], [...node.path, 'agents', name, key], issues);
  }
}

function checkList(tools: Json | undefined, path: IssuePath, issues: IssueList): void {
  if (!Array.isArray(tools)) return;
  for (const [index, tool] of tools.entries()) {
    if (typeof tool === 'string') checkTool(tool, [...path, index], issues);
  }
}

function checkTool(tool: string, path: IssuePath, issues: IssueList): void {
  // `Bash(git:*)` is a rule about Bash; tools of MCP servers are known by their servers alone.
  const name = tool.replace(/\(.*$/s, '').trim();
  if (name === '' || name === '*' || name.startsWith('mcp__') || CLAUDE_TOOLS.includes(name)) return;
  const told = Object.hasOwn(RENAMED_CLAUDE_TOOLS, name) ? renamed(name) : unknown(name);
  issues.warning({ code: 'TOOL_UNKNOWN', path, ...told });
}

interface Told {
  readonly message: string;
  readonly hint: string;
}

function renamed(name: string): Told {
  const successor = RENAMED_CLAUDE_TOOLS[name] ?? '';
  const message = `the tool '${name}' is called '${successor}' now, and the older name means nothing`;
  return { message, hint: `write ${successor}` };
}

function unknown(name: string): Told {
  const nearest = nearestName(name, CLAUDE_TOOLS);
  const hint =
    nearest === null
      ? 'a tool of an MCP server is called mcp__<server>__<tool>'
      : `did you mean '${nearest}'?`;
  return { message: `Claude knows no tool '${name}', and passes over it`, hint };
}
