/** Who runs agents. */
export const ASSISTANTS = ['claude', 'codex', 'copilot', 'opencode', 'pi'] as const;

export type Assistant = (typeof ASSISTANTS)[number];

/** Who runs an agent for which neither definition nor config name anybody. */
export const DEFAULT_ASSISTANT: Assistant = 'claude';

/** Those whose sessions several nodes may go on with, each with a copy of its own. */
export const FORKING_ASSISTANTS: readonly Assistant[] = ['claude', 'pi'];

/** Those that can do what a key asks for. Keys that are not listed mean something to all. */
export const HONOURED_BY: Readonly<Record<string, readonly Assistant[]>> = {
  agents: ['claude', 'copilot', 'opencode'],
  allowed_tools: ['claude', 'copilot', 'opencode', 'pi'],
  betas: ['claude'],
  denied_tools: ['claude', 'copilot', 'opencode', 'pi'],
  effort: ['claude', 'codex', 'copilot', 'pi'],
  fallbackModel: ['claude'],
  hooks: ['claude'],
  maxBudgetUsd: ['claude'],
  mcp: ['claude', 'codex', 'copilot'],
  pi: ['pi'],
  sandbox: ['claude'],
  settingSources: ['claude'],
  skills: ['claude', 'copilot', 'pi'],
  thinking: ['claude', 'copilot', 'pi'],
  webSearchMode: ['codex'],
};

/** Tools by the names that Claude knows; of the other providers no such list is known. */
export const CLAUDE_TOOLS: readonly string[] = [
  ...[
    'Agent',
    'AskUserQuestion',
    'Bash',
    'Edit',
    'EnterPlanMode',
    'ExitPlanMode',
    'Glob',
    'Grep',
    'ListAgents',
  ],
  ...['ListMcpResourcesTool', 'NotebookEdit', 'PowerShell', 'Read', 'ReadMcpResourceTool', 'ScheduleWakeup'],
  ...['Skill', 'SlashCommand', 'TaskCreate', 'TaskGet', 'TaskList', 'TaskOutput', 'TaskStop', 'TaskUpdate'],
  ...['TodoWrite', 'ToolSearch', 'WebFetch', 'WebSearch', 'Workflow', 'Write'],
];

/** What tools were once called, and what they are called now. */
export const RENAMED_CLAUDE_TOOLS: Readonly<Record<string, string>> = {
  BashOutput: 'TaskOutput',
  KillShell: 'TaskStop',
  MultiEdit: 'Edit',
  Task: 'Agent',
};
