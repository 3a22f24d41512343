import type { Orchestrator } from '../../client/orchestrator.js';
import type { RunDescription } from '../../contract/messages.js';
import { shortRunId } from '../../core/ids.js';
import { isTerminal } from '../../core/mirror/rows.js';
import type { RunRecord } from '../../ports/run-table.js';
import type { CliContext, Command, CommandResult } from '../context.js';
import { waitingGates } from '../render/run-record.js';
import { oneLine } from '../render/text.js';
import { askOf, findRun, startedRun } from './find-run.js';
import { runJson } from './run-result.js';

export interface DecideArguments {
  readonly runId: string;
  /** `approve`, `reject`, or one that the gate declares. */
  readonly decision: string;
  readonly text?: string;
  readonly node?: string;
}

/** Takes a person's decision to the gate that waits for it. The run goes on by itself. */
export function decide(args: DecideArguments): Command {
  return async (context) => {
    const orchestrator = await context.services.orchestrator();
    const record = await findRun(orchestrator, args.runId);
    return askOf(record, () => decideGate(context, orchestrator, record, args));
  };
}

async function decideGate(
  context: CliContext,
  orchestrator: Orchestrator,
  record: RunRecord,
  { node, decision, text }: DecideArguments,
): Promise<CommandResult> {
  const { runId } = record;
  const nodeId = node ?? onlyGate(await describe(orchestrator, record), record);
  const answer = await orchestrator.decide(runId, {
    decision,
    by: context.caller.name,
    ...(nodeId === null ? {} : { nodeId }),
    ...(text === undefined ? {} : { text }),
  });
  const status = await statusOf(orchestrator, record);
  const short = shortRunId(runId);
  const next = isTerminal(status) ? `see      signalbox get ${short}` : `follow   signalbox logs -f ${short}`;
  return {
    exitCode: 0,
    json: { ...runJson(startedRun(record), status, null), node: answer.nodeId, decision: answer.decision },
    text: `✓ ${oneLine(answer.nodeId)}: ${oneLine(answer.decision)} (run ${short}, ${oneLine(record.workflowName)})\n  ${next}`,
  };
}

const describe = (orchestrator: Orchestrator, { runId }: RunRecord): Promise<RunDescription | null> =>
  orchestrator.describe(runId).catch(() => null);

/**
 * The gate that a decision without a name means. A decision that is sent again must not meet the next one; null: the
 * run itself says why none can be meant.
 */
function onlyGate(description: RunDescription | null, record: RunRecord): string | null {
  const [only, ...others] = description?.waiting ?? waitingGates(record);
  return only === undefined || others.length > 0 ? null : only.nodeId;
}

/** How the run stands after the decision: its own word, else that of its row. */
async function statusOf(orchestrator: Orchestrator, record: RunRecord): Promise<string> {
  const description = await describe(orchestrator, record);
  return description?.status ?? (await findRun(orchestrator, record.runId)).status;
}
