import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { StartOptions, StartResult } from '../../src/client/orchestrator.js';
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
  const log = join(scene.directory, 'log', 'calls.jsonl');
  while (await pauses(random.between(20, pauseMs), end)) {
    const shape = random.pick(SHAPE_NAMES);
    const calledAt = monotonic();
    const answer = await start(path, shape, random).catch(unanswered);
    const call: StartCall = { path, calledAt, answeredAt: monotonic(), answer };
    appendFileSync(log, `${JSON.stringify(call)}\n`);
    if (answer.kind === 'started') scene.tell(`started ${answer.run} ${shape} on ${path}`);
  }
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
