import type { ResumeResult } from '../../client/orchestrator.js';
import { ERROR_CODES } from '../../core/errors.js';
import type { CliContext, CommandResult } from '../context.js';
import { holderJson, renderRefusal, type OtherStarts } from '../render/refusal.js';
import { runJson, type StartedRun } from './run-result.js';

type Busy = Extract<ResumeResult, { readonly kind: 'busy' }>;

/**
 * How a command ends whose path is in use.
 * @param run what is known of the run that was to begin
 * @param commands what starts the same all the same
 */
export function busyResult(
  { caller, clock }: CliContext,
  run: Partial<StartedRun>,
  { holder, code, queueLength }: Busy,
  commands: OtherStarts,
): CommandResult {
  const { workingPath } = holder;
  return {
    exitCode: ERROR_CODES[code].exitCode,
    json: {
      ...runJson({ ...run, workingPath }, null, null),
      error: { code, message: `${workingPath} is in use` },
      holder: holderJson(holder),
      queueLength,
    },
    text: '',
    errorText: renderRefusal({
      holder,
      now: clock.now(),
      workerCommand: caller.workerCommand,
      queueLength,
      ...commands,
    }),
  };
}
