import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { CliContext, CliServices, Finding, Interrupt, TextSink } from '../../src/cli/context.js';
import { runCli } from '../../src/cli/run-cli.js';
import { discover } from '../../src/client/discover.js';
import type {
  Holder,
  Orchestrator,
  RunEnd,
  StartOptions,
  StartResult,
} from '../../src/client/orchestrator.js';
import { resolveWorkingPath } from '../../src/client/resolve-working-path.js';
import type { RunDescription, WaitingGate } from '../../src/contract/messages.js';
import type { RunId } from '../../src/core/ids.js';
import type { EventRecord, RunRecord } from '../../src/ports/run-table.js';
import type { Stack } from '../../src/ports/stack.js';

export const RUN_ID = '7c1f2a9e-5d2b-4c1a-9f00-000000000001' as RunId;
export const TOKEN = '7c1f2a9e-5d2b-4c1a-9f00-000000000002';
export const NOW = '2026-11-22T09:14:15.000Z';
export const STARTED = '2026-11-22T09:02:11.000Z';
export const TEMPORAL_ID = 'run.68656deb43f8cbb6ed458b5101933cec.me-repo';

/** Everything a test may set of the world behind the commands; what is left out fails when it is used. */
export interface FakeWorld {
  readonly directory?: string;
  readonly orchestrator?: Partial<Orchestrator>;
  readonly services?: Partial<CliServices>;
  readonly stack?: Partial<Stack>;
  readonly findings?: readonly Finding[];
  /** Lines that a person types; absent: nobody sits there. */
  readonly answers?: readonly (string | null)[];
  /** Told how to interrupt the command. */
  readonly onListening?: (interrupt: (signal: Interrupt) => void) => void;
  readonly pause?: CliContext['pause'];
  readonly workerCommand?: string;
  readonly version?: string;
}

export interface FakeResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly questions: readonly string[];
}

/** One command line against a fake world. */
export async function runFake(argv: readonly string[], world: FakeWorld = {}): Promise<FakeResult> {
  const [out, err] = [makeSink(), makeSink()];
  const questions: string[] = [];
  const answers = [...(world.answers ?? [])];
  const ids = [RUN_ID as string, TOKEN];
  const exitCode = await runCli(argv, {
    version: '1.2.3',
    out,
    err,
    makeContext: (isJson): Promise<CliContext> =>
      Promise.resolve({
        services: makeServices(world),
        out,
        err,
        isJson,
        terminal: {
          isInteractive: world.answers !== undefined,
          ask: (question) => {
            questions.push(question);
            return Promise.resolve(answers.shift() ?? null);
          },
          onInterrupt: (listener) => {
            world.onListening?.(listener);
            return () => undefined;
          },
        },
        caller: {
          name: 'me@laptop',
          directory: world.directory ?? '/nonexistent',
          environment: { FOO: '1' },
          graceMs: 5_000,
          heartbeatTimeoutMs: 300_000,
          version: world.version ?? '1.2.3',
          workerCommand: world.workerCommand ?? 'signalbox up',
        },
        clock: { now: () => new Date(NOW) },
        newUuid: () => ids.shift() ?? 'no more ids',
        pause: world.pause ?? shortPause,
      }),
  });
  return { exitCode, stdout: out.text, stderr: err.text, questions };
}

/** Short pauses pass at once; long ones until somebody has waited enough. */
export function shortPause(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms < 5_000) return Promise.resolve();
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')));
  });
}

function makeSink(): TextSink & { text: string } {
  const sink = {
    text: '',
    isClosed: false,
    write: (text: string): void => {
      sink.text += text;
    },
  };
  return sink;
}

/** Members that a test did not set say so when they are used. */
function strict<Port extends object>(name: string, given: Partial<Port>): Port {
  return new Proxy(given as Port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (member !== undefined || typeof key === 'symbol' || key === 'then') return member;
      return () => Promise.reject(new Error(`the test did not expect ${name}.${key}`));
    },
  });
}

function makeServices(world: FakeWorld): CliServices {
  const workingPath: CliServices['workingPath'] = ({ directory, isFolder }) =>
    resolveWorkingPath(directory, { isFolder });
  return strict<CliServices>('services', {
    workingPath,
    catalogue: async (place) => discover({ root: await workingPath(place), archonHome: '/nonexistent' }),
    orchestrator: () =>
      Promise.resolve(
        strict<Orchestrator>('orchestrator', {
          children: () => Promise.resolve([]),
          waitingForPermit: () => Promise.resolve([]),
          ...world.orchestrator,
        }),
      ),
    stack: () => Promise.resolve(strict<Stack>('stack', world.stack ?? {})),
    examine: (onFinding) => {
      world.findings?.forEach(onFinding);
      return Promise.resolve();
    },
    ...world.services,
  });
}

/** A directory with workflow files, which is no repository. */
export async function makeDirectory(
  files: Readonly<Record<string, string>>,
): Promise<{ readonly directory: string; remove: () => Promise<void> }> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'signalbox-cli-')));
  const folder = join(directory, '.archon', 'workflows');
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** The same for all tests of a file, gone after them. */
export function useDirectory(
  files: Readonly<Record<string, string>>,
  onMade: (directory: string) => void,
): void {
  let remove: () => Promise<void> = () => Promise.resolve();
  beforeAll(async () => {
    const made = await makeDirectory(files);
    remove = made.remove;
    onMade(made.directory);
  });
  afterAll(() => remove());
}

export const HELLO = `name: hello
description: Says hello
inputs:
  who:
    required: false
    default: world
nodes:
  - id: greet
    bash: echo hello
`;

export const BROKEN = `name: broken
description: Has no kind
nodes:
  - id: odd
`;

export function started(options: StartOptions): StartResult {
  return {
    kind: 'started',
    runId: options.runId as RunId,
    workflow: 'hello',
    workingPath: options.workingPath,
    temporalWorkflowId: TEMPORAL_ID,
    warnings: [],
  };
}

export function endOf(facts: Partial<RunEnd> = {}): RunEnd {
  return {
    runId: RUN_ID,
    status: 'completed',
    output: null,
    outputPath: null,
    error: null,
    isRejected: false,
    waiting: [],
    ...facts,
  };
}

export function event(
  eventType: string,
  nodeName: string | null,
  data: EventRecord['data'] = {},
): EventRecord {
  return { id: randomUUID(), eventType, nodeName, data, createdAt: NOW };
}

export const GATE: WaitingGate = {
  nodeId: 'review',
  message: 'Ship it?',
  decisions: ['approve', 'reject'],
  openedAt: STARTED,
};

export function aRecord(facts: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: RUN_ID,
    workflowName: 'fix-issue',
    status: 'running',
    outcome: null,
    userMessage: 'mend it',
    workingPath: '/home/me/repo',
    outputRoot: '/nonexistent',
    startedAt: STARTED,
    completedAt: null,
    lastActivityAt: STARTED,
    parentRunId: null,
    hostSilentSince: null,
    metadata: {},
    temporalWorkflowId: TEMPORAL_ID,
    hostId: 'host',
    ...facts,
  };
}

export function aDescription(facts: Partial<RunDescription> = {}): RunDescription {
  return {
    runId: RUN_ID,
    workflowName: 'fix-issue',
    workingPath: '/home/me/repo',
    status: 'running',
    startedAt: STARTED,
    startedBy: 'me@laptop',
    nodes: [{ nodeId: 'build', kind: 'bash', status: 'running', attempt: 1 }],
    waiting: [],
    ...facts,
  };
}

export function aHolder(facts: Partial<Holder> = {}): Holder {
  return {
    runId: RUN_ID,
    workflow: 'fix-issue',
    status: 'running',
    node: 'implement',
    nodeKind: 'bash',
    since: STARTED,
    startedBy: 'me@laptop',
    workingPath: '/home/me/repo',
    temporalWorkflowId: TEMPORAL_ID,
    waiting: [],
    isHostAlive: true,
    ...facts,
  };
}

/** An orchestrator whose run has these events, and ends or pauses as told, one end per time it is followed. */
export function orchestratorOf(
  events: readonly EventRecord[],
  ...ends: readonly Partial<RunEnd>[]
): Partial<Orchestrator> {
  const left = [...ends];
  return {
    start: (options) => Promise.resolve(started(options)),
    follow: (_, options) => {
      for (const one of events) options?.onEvent?.(one);
      return Promise.resolve(endOf(left.shift()));
    },
  };
}

/** A run that fails once, then completes. */
export const EVENTS: readonly EventRecord[] = [
  event('workflow_started', null),
  event('node_started', 'greet', { type: 'bash', signalbox: { attempt: 1 } }),
  event('node_failed', 'greet', {
    error: 'exit code 3\nno such file\nreally',
    signalbox: { attempt: 1, duration_ms: 12 },
  }),
  event('node_started', 'greet', { type: 'bash', signalbox: { attempt: 2 } }),
  event('node_completed', 'greet', { duration_ms: 1_234, node_output: 'hello' }),
  event('node_skipped', 'late', { reason: 'when_condition', expr: "$greet.output == 'x'" }),
];

/** What every answer about the fake run says. */
export const BASE = { runId: RUN_ID, workflow: 'hello', temporalWorkflowId: TEMPORAL_ID };
