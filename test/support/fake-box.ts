import { writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { RunError } from '../../src/core/errors.js';
import type { Box, BoxExit, BoxGeneration, BoxOwner, BoxTask } from '../../src/ports/box.js';
import type { BoxPrograms } from '../ports/box.contract.js';

/** What a fake box can run: no process, only its traces. */
interface FakeProgram {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly printsEnvironment?: boolean;
  /** Null: runs until it is told to end. */
  readonly exitCode: number | null;
  readonly isStubborn?: boolean;
  readonly leavesChild?: boolean;
}

const fake = (program: FakeProgram): BoxTask['argv'] => ['fake', JSON.stringify(program)];

export const fakePrograms: BoxPrograms = {
  says: (stdout, stderr) => fake({ stdout, stderr, exitCode: 0 }),
  exitsWith: (exitCode) => fake({ exitCode }),
  printsEnvironment: () => fake({ printsEnvironment: true, exitCode: 0 }),
  waits: () => fake({ stdout: 'ready\n', exitCode: null }),
  waitsStubbornly: () => fake({ stdout: 'ready\n', exitCode: null, isStubborn: true }),
  leavesChild: () => fake({ exitCode: 0, leavesChild: true }),
  missing: () => ['missing'],
};

interface FakeProcess {
  readonly pid: number;
  readonly task: BoxTask;
  readonly isStubborn: boolean;
  end(signal: string): void;
}

/** A box whose processes are entries of a list. */
export interface FakeBox extends Box {
  readonly owners: ReadonlyMap<string, BoxOwner>;
  /** Every command that was started, in order. */
  readonly entered: readonly BoxTask[];
}

const isWithin = (attemptId: string, name: string): boolean =>
  attemptId === name || attemptId.startsWith(`${name}/`);

const isOf = (owner: BoxOwner | undefined, { fenceToken }: BoxGeneration): boolean =>
  owner === undefined || fenceToken === undefined || fenceToken === owner.fenceToken;

export function makeFakeBox(): FakeBox {
  const owners = new Map<string, BoxOwner>();
  const entered: BoxTask[] = [];
  const living = new Set<FakeProcess>();
  /** Stands for what Temporal says: by workflow ID, the execution that was current last. */
  const openedBy = new Map<string, string>();

  const start = (task: BoxTask, isStubborn: boolean): { process: FakeProcess; exit: Promise<BoxExit> } => {
    let settle: (exit: BoxExit) => void = () => undefined;
    const exit = new Promise<BoxExit>((resolve) => (settle = resolve));
    const process: FakeProcess = {
      pid: 1000 + entered.length + living.size,
      task,
      isStubborn,
      end: (signal) => {
        living.delete(process);
        settle({ exitCode: null, signal });
      },
    };
    living.add(process);
    return { process, exit };
  };

  const end = async (isMeant: (task: BoxTask) => boolean, graceMs: number): Promise<void> => {
    const meant = [...living].filter(({ task }) => isMeant(task));
    for (const process of meant.filter(({ isStubborn }) => !isStubborn)) process.end('SIGTERM');
    if (meant.some(({ isStubborn }) => isStubborn)) await wait(graceMs);
    for (const process of meant) if (living.has(process)) process.end('SIGKILL');
  };

  const clear = async (runId: string, graceMs: number): Promise<void> => {
    await end((task) => task.runId === runId, graceMs);
    owners.delete(runId);
  };

  return {
    level: 4,
    owners,
    entered,
    async ensureOpen(owner, temporalRunId) {
      for (const { runId, temporalWorkflowId } of [...owners.values()]) {
        if (temporalWorkflowId === owner.temporalWorkflowId && runId !== owner.runId) await clear(runId, 0);
      }
      if ((owners.get(owner.runId)?.fenceToken ?? owner.fenceToken) !== owner.fenceToken)
        await clear(owner.runId, 0);
      openedBy.set(owner.temporalWorkflowId, temporalRunId);
      owners.set(owner.runId, owner);
      return null;
    },
    async enter(task, onStarted) {
      const owner = owners.get(task.runId);
      if (owner === undefined) throw new RunError('INTERNAL', `the box of run ${task.runId} is not open`);
      if (!isOf(owner, task)) throw new RunError('NODE_INTERRUPTED', `run ${task.runId} goes on without it`);
      const [name, text = ''] = task.argv;
      if (name !== 'fake') throw new RunError('NODE_UNSTARTABLE', `there is no program ${name}`);
      const program = JSON.parse(text) as FakeProgram;
      const environment = {
        ...task.environment,
        SIGNALBOX_RUN_ID: task.runId,
        SIGNALBOX_ATTEMPT: task.attemptId,
      };
      const shown = Object.entries(environment).map((entry) => `${entry.join('=')}\n`);
      writeFileSync(task.stdoutPath, program.printsEnvironment ? shown.join('') : (program.stdout ?? ''), {
        mode: 0o600,
      });
      writeFileSync(task.stderrPath, program.stderr ?? '', { mode: 0o600 });
      entered.push(task);
      const { process, exit } = start(task, program.isStubborn ?? false);
      onStarted?.(process.pid);
      if (program.exitCode === null) return exit;
      if (program.leavesChild !== true) living.delete(process);
      return { exitCode: program.exitCode, signal: null };
    },
    async stopAttempt(generation, attemptId, graceMs, spared) {
      const { runId } = generation;
      if (!isOf(owners.get(runId), generation)) return;
      const isSpared = (name: string): boolean => spared !== undefined && isWithin(name, spared);
      const isMeant = (name: string): boolean => isWithin(name, attemptId) && !isSpared(name);
      await end((task) => task.runId === runId && isMeant(task.attemptId), graceMs);
    },
    async close({ runId, fenceToken, temporalWorkflowId, temporalRunId }, graceMs) {
      const owner = owners.get(runId);
      const isCurrent = temporalRunId !== undefined && openedBy.get(temporalWorkflowId) === temporalRunId;
      if (owner !== undefined && owner.fenceToken !== fenceToken && !isCurrent) return 'superseded';
      await clear(runId, graceMs);
      return 'closed';
    },
    prove(runId) {
      const processes = [...living]
        .filter(({ task }) => task.runId === runId)
        .map(({ pid, task }) => ({ pid, user: 'me', command: task.argv.join(' ') }));
      return Promise.resolve({ isEmpty: processes.length === 0, processes });
    },
    list: () => Promise.resolve([...owners.values()]),
    async evict({ runId, fenceToken }, graceMs) {
      if (owners.get(runId)?.fenceToken === fenceToken) await clear(runId, graceMs);
    },
  };
}
