import { shortRunId } from '../../core/ids.js';
import type { Command } from '../context.js';
import { oneLine } from '../render/text.js';
import { findRun, startedRun } from './find-run.js';
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
    const answer = await orchestrator.decide(record.runId, {
      decision: args.decision,
      by: context.caller.name,
      ...(args.node === undefined ? {} : { nodeId: args.node }),
      ...(args.text === undefined ? {} : { text: args.text }),
    });
    const short = shortRunId(record.runId);
    return {
      exitCode: 0,
      json: {
        ...runJson(startedRun(record), 'running', null),
        node: answer.nodeId,
        decision: answer.decision,
      },
      text: `✓ ${oneLine(answer.nodeId)}: ${oneLine(answer.decision)} (run ${short}, ${oneLine(record.workflowName)})\n  follow   signalbox logs -f ${short}`,
    };
  };
}
