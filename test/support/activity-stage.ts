import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type ActivityPorts } from '../../activities/index.js';
import type { Activities } from '../../src/contract/activities.js';
import type { HostId } from '../../src/core/ids.js';
import type { ExecutionFacts, ExecutionName } from '../../src/ports/executions.js';
import { makeOutputTexts } from '../../src/adapters/process/output-texts.js';
import { FakeRunTable } from './fake-run-table.js';
import { makePermits } from '../../src/adapters/process/permits.js';
import { makeFakeArtifacts } from './fake-artifacts.js';
import { makeFakeBox, type FakeBox } from './fake-box.js';
import { FakeWorktrees } from './fake-worktrees.js';

/** The execution for which the activities of the stage work. */
export const CALLER: ExecutionName = {
  temporalWorkflowId: 'test',
  temporalRunId: '00000000-0000-0000-0000-000000000000',
};

/** Activities over fakes, called as Temporal calls them, but without a server. */
export interface ActivityStage {
  readonly table: FakeRunTable;
  readonly box: FakeBox;
  /** What Temporal says of the caller's ID; null: it knows none. */
  current: ExecutionFacts | null;
  /** Reasons with which cancellations were requested. */
  readonly cancelled: string[];
  readonly worktrees: FakeWorktrees;
  call<Name extends keyof Activities>(
    name: Name,
    input: Parameters<Activities[Name]>[0],
    environment?: MockActivityEnvironment,
  ): ReturnType<Activities[Name]>;
}

export function raiseActivityStage(over: Partial<ActivityPorts> = {}): ActivityStage {
  const table = new FakeRunTable();
  const box = makeFakeBox();
  const cancelled: string[] = [];
  const worktrees = new FakeWorktrees();
  const stage: Pick<ActivityStage, 'current'> = {
    current: { ...CALLER, isOpen: true, statusName: 'RUNNING' },
  };
  const nothing = (): Promise<void> => Promise.resolve();
  const activities = createActivities({
    host: {
      hostId: 'here' as HostId,
      uid: 1000,
      realPath: (path) => Promise.resolve(path),
      futurePath: (path) => Promise.resolve(path),
      baseBranch: () => Promise.resolve('trunk'),
    },
    sources: { lay: () => Promise.resolve() },
    files: {
      findEvidence: () => Promise.resolve({ isPresent: false, path: '/artifacts/evidence.json' }),
      prepare: () =>
        Promise.resolve({ outputRoot: '/o', artifactsDir: '/o/a', stateDir: '/o/s', logDir: '/o/l' }),
    },
    environment: {
      ...{ save: nothing, load: () => Promise.resolve(null), remove: nothing },
      ...{ offer: nothing, adopt: nothing, withdraw: nothing },
    },
    worktrees: worktrees.worktrees,
    isolation: worktrees.isolation,
    outputTexts: makeOutputTexts(),
    texts: { get: () => Promise.reject(new Error('no text is stored here')) },
    outputs: { store: (_directory, text) => Promise.resolve(text) },
    shell: { run: () => Promise.reject(new Error('no shell was asked for')) },
    scripts: {
      requireRuntimes: nothing,
      run: () => Promise.reject(new Error('no script was asked for')),
    },
    permits: makePermits(1),
    artifacts: makeFakeArtifacts(),
    executions: {
      describe: () => Promise.resolve(stage.current),
      cancel: (_execution, reason) => {
        cancelled.push(reason);
        return Promise.resolve();
      },
    },
    temporal: { temporalAddress: 'here:7233', temporalNamespaceId: 'a-namespace' },
    table,
    box,
    ...over,
  });
  return Object.assign(stage, {
    table,
    box,
    cancelled,
    worktrees,
    call: (<Name extends keyof Activities>(
      name: Name,
      input: Parameters<Activities[Name]>[0],
      environment = aMockEnvironment(),
    ) => environment.run(activities[name] as never, input)) as ActivityStage['call'],
  });
}

/** One call of an activity by a run. @param onLog told what it logs */
export function aMockEnvironment(
  onLog: (message: string) => void = () => undefined,
): MockActivityEnvironment {
  const logger = new DefaultLogger('INFO', ({ message }) => onLog(message));
  return new MockActivityEnvironment({ workflowType: 'run' }, { logger });
}
