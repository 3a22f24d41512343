import type { DraftWorkflow } from '../definition/draft.js';
import type { IssuePath } from '../definition/issue.js';
import { HONOURED_BY } from '../definition/assistants.js';
import type { IssueList } from '../definition/source-document.js';
import type { ModelConfig } from '../project-config/project-config.js';
import { assistantOf } from '../project-config/assistant-of.js';
import { agentSeats, placeOf, type AgentSeat } from './agent-seats.js';
import { checkModels } from './check-models.js';
import { checkTools } from './check-tools.js';

/** Tells what the agents of a workflow ask for and will not get from whoever runs them. */
export function checkAgents(workflow: DraftWorkflow, models: ModelConfig, issues: IssueList): void {
  const seats = agentSeats(workflow);
  checkProviders(seats, models, issues);
  checkModels(seats, models, issues);
  for (const seat of seats) checkTools(seat, assistantOf(seat.settings, models), issues);
}

interface Idle {
  readonly key: string;
  readonly provider: string;
  readonly path: IssuePath;
  readonly nodes: string[];
}

/** What is said once for many nodes is told once, where it stands. */
function checkProviders(seats: readonly AgentSeat[], models: ModelConfig, issues: IssueList): void {
  const idle = new Map<string, Idle>();
  for (const seat of seats) {
    const provider = assistantOf(seat.settings, models);
    for (const key of Object.keys(seat.settings)) {
      if (HONOURED_BY[key]?.some((one) => one === provider) !== false) continue;
      const path = placeOf(key, seat);
      const id = JSON.stringify([path, provider]);
      const one = idle.get(id) ?? { key, provider, path, nodes: [] };
      one.nodes.push(`'${seat.node.id ?? ''}'`);
      idle.set(id, one);
    }
  }
  for (const one of idle.values()) tellIdle(one, issues);
}

function tellIdle({ key, provider, path, nodes }: Idle, issues: IssueList): void {
  const who = nodes.length > 3 ? `${nodes.length} nodes` : nodes.join(', ');
  const message = `'${key}' means nothing to the provider '${provider}', which runs ${who}`;
  const hint = `remove it, or name another provider: ${(HONOURED_BY[key] ?? []).join(', ')}`;
  issues.warning({ code: 'KEY_UNSUPPORTED', path, message, hint, aim: 'key' });
}
