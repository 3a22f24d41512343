import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { monotonic } from './clock.js';
import type { Fault } from './evidence.js';
import { inflictOnRun } from './inflict-on-run.js';
import { pauses } from './launchers.js';
import { isRunFault, type PlannedFault, type StackFaultKind } from './plan.js';
import type { Scene, WireState } from './scene.js';

const BIN = fileURLToPath(new URL('../../bin/signalbox.js', import.meta.url));

/** Breaks what a plan says, one after the other, until told to stop; what is broken then is mended first. */
export async function inflict(
  scene: Scene,
  plan: Iterator<PlannedFault, never>,
  end: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (;;) {
    const planned = plan.next().value;
    if (!(await pauses(planned.pauseMs, end))) return counts;
    scene.tell(`fault: ${planned.kind}, path ${planned.path}, ${planned.lastsMs} ms`);
    const from = monotonic();
    const happened = isRunFault(planned.kind)
      ? await inflictOnRun(scene, planned.kind, scene.paths[planned.path] ?? '')
      : await inflictOnStack(scene, planned.kind, planned.lastsMs);
    scene.tell(`fault over: ${planned.kind}: ${happened === null ? 'nothing to break' : 'done'}`);
    if (happened === null) continue;
    counts.set(planned.kind, (counts.get(planned.kind) ?? 0) + 1);
    noteFaults(
      scene,
      happened.map((fault) => ({ ...fault, kind: planned.kind, from, to: monotonic() })),
    );
  }
}

export type Happened = readonly Pick<Fault, 'run' | 'path'>[];

const STACK_ALONE: Happened = [{ run: null, path: null }];

function noteFaults(scene: Scene, faults: readonly Fault[]): void {
  const log = join(scene.directory, 'log', 'faults.jsonl');
  for (const fault of faults) appendFileSync(log, `${JSON.stringify(fault)}\n`);
}

async function inflictOnStack(scene: Scene, kind: StackFaultKind, lastsMs: number): Promise<Happened | null> {
  const happened = await STACK_FAULT[kind](scene, lastsMs);
  if (happened === 'impossible') return null;
  await scene.untilServing(happened);
  return STACK_ALONE;
}

/** Pids that must not serve any more afterwards. */
type Broken = readonly number[] | 'impossible';

const STACK_FAULT: Readonly<Record<StackFaultKind, (scene: Scene, lastsMs: number) => Promise<Broken>>> = {
  'worker SIGSTOP': async (scene, lastsMs) => {
    signal(scene, 'worker', 'SIGSTOP');
    await wait(lastsMs);
    signal(scene, 'worker', 'SIGCONT');
    return [];
  },
  'worker SIGTERM': (scene) => Promise.resolve(signal(scene, 'worker', 'SIGTERM')),
  'worker SIGKILL': (scene) => Promise.resolve(signal(scene, 'worker', 'SIGKILL')),
  down: async ({ cli }, lastsMs) => {
    await cli.run(['down']);
    await wait(lastsMs / 3);
    await cli.run(['up']);
    return [];
  },
  'Temporal SIGKILL': (scene) => Promise.resolve(signal(scene, 'temporal', 'SIGKILL')),
  'Temporal away': async (scene, lastsMs) => {
    const hold = join(scene.directory, 'wire', 'hold');
    writeFileSync(hold, '');
    const killed = signal(scene, 'temporal', 'SIGKILL');
    await wait(lastsMs);
    rmSync(hold);
    return killed;
  },
  'Postgres immediate': (scene) => Promise.resolve(signal(scene, 'postgres', 'SIGQUIT')),
  'network cut': (scene, lastsMs) => breakWire(scene, 'cut', lastsMs),
  'network silent': (scene, lastsMs) => breakWire(scene, 'silent', lastsMs),
  'network deaf': (scene, lastsMs) => breakWire(scene, 'deaf', lastsMs),
  'second worker': async (scene, lastsMs) => {
    const second = spawn(process.execPath, [BIN, 'worker'], {
      env: scene.cli.environment,
      stdio: ['ignore', 'ignore', openSync(join(scene.directory, 'second-worker.log'), 'a')],
    });
    const gone = once(second, 'exit');
    await wait(lastsMs);
    second.kill(lastsMs > 2000 ? 'SIGTERM' : 'SIGKILL');
    await gone;
    return [];
  },
  'disk full': async (scene, lastsMs) => {
    if (!scene.hasOwnDisk) return 'impossible';
    const ballast = join(scene.cli.environment['SIGNALBOX_HOME'] ?? '', 'ballast');
    fillDisk(ballast);
    await wait(lastsMs);
    rmSync(ballast);
    return [];
  },
};

/** @returns the pid it went to; none, when the part has no process at the moment */
function signal(scene: Scene, name: string, how: NodeJS.Signals): number[] {
  const pid = scene.part(name)?.process?.pid;
  if (pid === undefined) return [];
  try {
    process.kill(pid, how);
  } catch {
    return [];
  }
  return how === 'SIGSTOP' || how === 'SIGCONT' ? [] : [pid];
}

async function breakWire(scene: Scene, state: Exclude<WireState, 'open'>, lastsMs: number): Promise<Broken> {
  scene.setWire(state);
  await wait(lastsMs);
  scene.setWire('open');
  return [];
}

function fillDisk(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (let size = 1 << 20; size >= 1; size >>= 4) {
      const block = Buffer.alloc(size);
      while (wrote(descriptor, block)) continue;
    }
  } finally {
    closeSync(descriptor);
  }
}

function wrote(descriptor: number, block: Buffer): boolean {
  try {
    return writeSync(descriptor, block) === block.length;
  } catch {
    return false;
  }
}
