import { RunError } from '../../src/core/errors.js';
import { isRunId } from '../../src/core/ids.js';
import type { EnvironmentStore, ResumeName } from '../../src/ports/run-files.js';

/** Environments in memory. */
export function makeFakeEnvironmentStore(): EnvironmentStore {
  const kept = new Map<string, Readonly<Record<string, string>>>();
  const offers = new Map<string, Readonly<Record<string, string>>>();
  const nameOf = ({ runId, startToken }: ResumeName): string => `${runId}.${startToken}`;
  const checked = async (runId: string): Promise<string> => {
    await Promise.resolve();
    if (isRunId(runId)) return runId;
    throw new RunError('ENVIRONMENT_UNREADABLE', `${JSON.stringify(runId)} is no run id`);
  };
  return {
    save: async (runId, environment) => void kept.set(await checked(runId), { ...environment }),
    load: async (runId) => kept.get(await checked(runId)) ?? null,
    remove: async (runId) => void kept.delete(await checked(runId)),
    offer: async (resume, environment) => {
      await checked(resume.runId);
      offers.set(nameOf(resume), { ...environment });
    },
    adopt: async (resume) => {
      const offered = offers.get(nameOf(resume));
      if (offered !== undefined) kept.set(await checked(resume.runId), offered);
      offers.delete(nameOf(resume));
    },
    withdraw: async (resume) => {
      await checked(resume.runId);
      offers.delete(nameOf(resume));
    },
  };
}
