import { nameMeant } from '../../client/pick-workflow.js';
import { RunError } from '../../core/errors.js';
import { shortRunId } from '../../core/ids.js';
import type { CliContext, Command, CommandResult } from '../context.js';
import type { RunRecord } from '../../ports/run-table.js';
import { ours } from '../render/event-data.js';
import { oneLine, shellWord } from '../render/text.js';
import { placeOf, type PlaceOptions } from './place.js';
import { resume } from './resume.js';

export interface ResumeLatestArguments extends PlaceOptions {
  readonly workflow: string;
  readonly detach?: boolean;
}

/** Further back nobody looks. */
const LOOKED_AT = 200;

/**
 * Lets the newest run of a workflow go on that has failed, was ended, or waits, in the directory from which it is
 * asked for. What a reviewer has rejected is not meant: that takes its id.
 */
export function resumeLatest(args: ResumeLatestArguments): Command {
  return async (context) => {
    const runId = await newestRun(context, args);
    context.err.write(`resuming run ${shortRunId(runId)}\n`);
    const options = args.detach === undefined ? {} : { detach: args.detach };
    return resume({ runId, ...options })(context) satisfies Promise<CommandResult>;
  };
}

async function newestRun(context: CliContext, args: ResumeLatestArguments): Promise<string> {
  const place = placeOf(context.caller, args);
  const workingPath = await context.services.workingPath(place);
  const orchestrator = await context.services.orchestrator();
  // A sub-run goes on with its parent.
  const filter = {
    ...{ workingPath, statuses: ['failed', 'cancelled', 'paused'], limit: LOOKED_AT },
    subRuns: 'none',
  } as const;
  const runs = (await orchestrator.list(filter)).runs.filter((run) => !isRejected(run));
  const names = [...new Set(runs.map(({ workflowName }) => workflowName))];
  const meant = nameMeant(await context.services.catalogue(place), args.workflow, names);
  const newest = runs.find(({ workflowName }) => workflowName === meant);
  if (newest !== undefined) return newest.runId;
  throw new RunError(
    'RUN_NOT_FOUND',
    `no run of ${oneLine(meant)} has failed, was ended or waits in ${workingPath}; see all with signalbox runs --all, and resume one by its id, or start one with signalbox run ${shellWord(args.workflow)}`,
    { workingPath },
  );
}

const isRejected = ({ metadata }: RunRecord): boolean => ours(metadata)['isRejected'] === true;
