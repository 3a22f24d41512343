import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { StartOptions, StartResult } from '../../src/client/orchestrator.js';
import type { RunId } from '../../src/core/ids.js';
import type { CliHome } from '../support/cli.js';
import { monotonic } from './clock.js';
import type { StartCall } from './evidence.js';
import type { Random } from './random.js';
import type { Witnessed } from './witnesses.js';
import { SHAPE_NAMES, type Shape } from './shapes.js';

export interface LauncherOptions {
  readonly perPath: number;
  /** Of each path's launchers one is a person at a terminal; null: none is. */
  readonly cli: CliHome | null;
  /** Longest pause between two calls of one launcher. */
  readonly pauseMs: number;
  readonly random: Random;
}

/** Programs that want to start runs, all the time, until told to stop. */
export function startLaunchers(scene: Witnessed, { perPath, cli, pauseMs, random }: LauncherOptions) {
  const end = new AbortController();
  const loops = scene.paths.flatMap((path, pathIndex) =>
    Array.from({ length: perPath }, (_, index) =>
      launch(scene, {
        path,
        pauseMs,
        start: index === 0 && cli !== null ? byCommandLine(cli) : byLibrary(scene),
        random: random.fork(`launcher ${pathIndex}.${index}`),
        end: end.signal,
      }),
    ),
  );
  return {
    stop: async (): Promise<void> => {
      end.abort();
      await Promise.all(loops);
    },
  };
}

type Way = Pick<StartOptions, 'onBusy' | 'waitTimeoutMs'>;

type Start = (path: string, shape: Shape, random: Random) => Promise<StartCall['answer']>;

interface Launcher {
  readonly path: string;
  readonly pauseMs: number;
  readonly start: Start;
  readonly random: Random;
  readonly end: AbortSignal;
}

async function launch(scene: Witnessed, { path, pauseMs, start, random, end }: Launcher): Promise<void> {
  const started: string[] = [];
  const call = async (what: string, begin: () => Promise<StartCall['answer']>): Promise<void> => {
    const calledAt = monotonic();
    const answer = await begin().catch((error: unknown) => {
      scene.tell(`${what} on ${path}: ${String(error)}`);
      return unanswered(error);
    });
    noteCall(scene, { path, calledAt, answeredAt: monotonic(), answer });
    if (answer.kind !== 'started') return;
    scene.tell(`started ${answer.run} ${what} on ${path}`);
    if (!started.includes(answer.run)) started.push(answer.run);
  };
  while (await pauses(random.between(20, pauseMs), end)) {
    const ended = started[random.between(0, 20)];
    const shape = random.pick(SHAPE_NAMES);
    if (ended === undefined) await call(shape, () => start(path, shape, random));
    else await Promise.all([1, 2].map(() => call('resumed', () => resume(scene, ended))));
  }
}

function noteCall({ directory }: Witnessed, call: StartCall): void {
  appendFileSync(join(directory, 'log', 'calls.jsonl'), `${JSON.stringify(call)}\n`);
}

/** A run that is still open is in its own way; one that goes on may do so after others on its path. */
async function resume({ orchestrator, directory }: Witnessed, run: string): Promise<StartCall['answer']> {
  appendFileSync(join(directory, 'log', 'revived.jsonl'), `${JSON.stringify(run)}\n`);
  const result = await orchestrator.resume({ runId: run as RunId });
  return result.kind === 'started' ? { kind: 'started', run } : { kind: 'busy', holder: result.holder.runId };
}

const WAYS: readonly [Way, ...Way[]] = [
  { onBusy: 'fail' },
  { onBusy: 'fail' },
  { onBusy: 'fail' },
  { onBusy: 'fail' },
  { onBusy: 'fail' },
  { onBusy: 'fail' },
  { onBusy: 'replace' },
  { onBusy: 'attach' },
  { onBusy: 'wait', waitTimeoutMs: 20_000 },
];

function byLibrary({ orchestrator }: Witnessed): Start {
  return async (path, shape, random) => {
    const result = await orchestrator.start({
      workflow: shape,
      workingPath: path,
      graceMs: random.pick([200, 1000]),
      heartbeatTimeoutMs: random.pick([3000, 300_000]),
      ...random.pick(WAYS),
    });
    return answerOf(result);
  };
}

function answerOf(result: StartResult): StartCall['answer'] {
  if (result.kind === 'started') return { kind: 'started', run: result.runId };
  if (result.kind === 'busy') return { kind: 'busy', holder: result.holder.runId };
  if (result.kind === 'attached') return { kind: 'busy', holder: result.runId };
  if (result.kind === 'queued') return { kind: 'queued', run: result.runId };
  return { kind: 'unanswered', code: 'refused' };
}

interface CliAnswer {
  readonly ok: boolean;
  readonly runId: string | null;
  readonly error?: { readonly code: string };
  readonly holder?: { readonly runId: string | null };
}

function byCommandLine(cli: CliHome): Start {
  return async (path, shape) => {
    const { stdout, stderr, exitCode } = await cli.run(['run', shape, '--detach', '--json'], { cwd: path });
    if (stdout === '') throw new Error(`signalbox run ended with ${exitCode}: ${stderr}`);
    const answer = JSON.parse(stdout) as CliAnswer;
    if (answer.holder !== undefined) return { kind: 'busy', holder: answer.holder.runId };
    if (answer.ok && answer.runId !== null) return { kind: 'started', run: answer.runId };
    return { kind: 'unanswered', code: answer.error?.code ?? 'unknown' };
  };
}

function unanswered(error: unknown): StartCall['answer'] {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return { kind: 'unanswered', code };
}

/** @returns false: it is time to stop */
export const pauses = (ms: number, end: AbortSignal): Promise<boolean> =>
  wait(ms, true, { signal: end }).catch(() => false);
