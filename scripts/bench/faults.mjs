// How soon a path is free again when a worker is killed, or a run cancelled, and what its box costs a node.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median, ms, spread, timed } from './figures.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const KILLS = 6;
/** The supervisor starts a worker again at once only when it has served for a while. */
const SERVES_WELL_MS = 31_000;
const CANCELS = 20;
const ENTRIES = 100;

function readOrNothing(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Processes that bear a run's id in their environment or their command line: its nodes', and its box's. */
function processesOf(runId) {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    return `${readOrNothing(`/proc/${name}/environ`)}${readOrNothing(`/proc/${name}/cmdline`)}`.includes(
      runId,
    );
  });
}

/** Gone, or a zombie: nothing of it runs any more. */
const isGone = (pid) => !/^\d+ \(.*\) [^ZX]/s.test(readOrNothing(`/proc/${pid}/stat`));

async function until(isSo) {
  while (!isSo()) await wait(1);
}

async function begin(stage, workingPath) {
  const started = await stage.orchestrator.start({ workflow: 'lasting', workingPath, graceMs: 500 });
  if (started.kind !== 'started') throw new Error(`not started: ${JSON.stringify(started)}`);
  // The node's shell and both its children, beside INIT and the supervisor above it.
  await until(() => processesOf(started.runId).length >= 4);
  return { ...started, handle: stage.client.workflow.getHandle(started.temporalWorkflowId) };
}

const isClosed = async (handle) => (await handle.describe()).status.name !== 'RUNNING';

/** SIGKILL of the worker: until nothing of the run lives, and until its execution has closed. */
export async function workerKilled(stage) {
  const workingPath = await stage.makeDirectory('killed');
  const [boxFree, leaseFree] = [[], []];
  for (let round = -1; round < KILLS; round += 1) {
    await wait(SERVES_WELL_MS);
    const { runId, handle } = await begin(stage, workingPath);
    const { parts } = JSON.parse((await stage.cli(['ps', '--json'])).stdout);
    const { pid } = parts.find(({ name }) => name === 'worker');
    const processes = processesOf(runId);
    const begun = performance.now();
    process.kill(pid, 'SIGKILL');
    await until(() => processes.every(isGone));
    const freeAfter = performance.now() - begun;
    while (!(await isClosed(handle))) await wait(10);
    if (round < 0) continue;
    boxFree.push(freeAfter);
    leaseFree.push(performance.now() - begun);
  }
  return [
    {
      what: 'SIGKILL of a worker, to the last process of its run gone',
      figures: spread(boxFree),
      goal: 'median ≤ 100 ms',
      isMet: median(boxFree) <= 100,
    },
    {
      what: 'SIGKILL of a worker, to its run closed by the next worker, which the supervisor starts',
      figures: spread(leaseFree),
      goal: 'median ≤ 3 s',
      isMet: median(leaseFree) <= 3_000,
    },
  ];
}

/** From the call to the close, for a node that obeys SIGTERM. */
export async function cancelled(stage) {
  const workingPath = await stage.makeDirectory('cancelled');
  const samples = [];
  for (let round = -1; round < CANCELS; round += 1) {
    const { runId, handle } = await begin(stage, workingPath);
    const { elapsedMs } = await timed(async () => {
      await stage.orchestrator.cancel(runId, { by: 'bench', reason: null });
      await handle.result().catch(() => undefined);
    });
    if (round >= 0) samples.push(elapsedMs);
  }
  return [
    {
      what: '`cancel` of a run whose node obeys, to its close',
      figures: spread(samples),
      goal: 'median ≤ 500 ms',
      isMet: median(samples) <= 500,
    },
  ];
}

const findProgram = (name) =>
  execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();

/** One command in an open box, and the same started by the same launcher without one, in turn. */
export async function boxEntry(stage) {
  const directory = await stage.makeDirectory('entry');
  const load = (file) => import(join(root, 'dist/src/adapters/box', file));
  const [{ findContainment }, { makeBox }, { makeLauncherProcess }] = await Promise.all(
    ['containment.js', 'make-box.js', 'launcher-process.js'].map(load),
  );
  const containment = await findContainment();
  const launcher = makeLauncherProcess(join(root, 'bin/signalbox-launcher.js'));
  const [runId, execution] = [randomUUID(), randomUUID()];
  const owner = {
    ...{ runId, workingPath: directory, pathKey: 'bench', temporalWorkflowId: 'run.bench' },
    ...{ temporalAddress: 'none', temporalNamespaceId: randomUUID(), fenceToken: execution },
  };
  const facts = { temporalWorkflowId: 'run.bench', temporalRunId: execution };
  const box = makeBox({
    ...{ containment, launcher, stateDirectory: join(dirname(directory), 'state'), logger: console },
    executions: { describe: async () => ({ ...facts, isOpen: true, statusName: 'RUNNING' }) },
  });
  await box.ensureOpen(owner, execution);
  const task = {
    ...{ runId, attemptId: 'entry.1', argv: [findProgram('bash'), '-c', 'echo 1'], workingPath: directory },
    environment: { PATH: process.env.PATH },
    ...{ stdoutPath: join(directory, 'stdout'), stderrPath: join(directory, 'stderr') },
  };
  const samples = { boxed: [], bare: [] };
  for (let round = -5; round < ENTRIES; round += 1) {
    const boxed = await timed(() => box.enter(task));
    const bare = await timed(async () => (await launcher.start(task, {})).ended);
    if (boxed.result.exitCode !== 0 || bare.result.exitCode !== 0 || !existsSync(task.stdoutPath)) {
      throw new Error('the command did not run');
    }
    if (round < 0) continue;
    samples.boxed.push(boxed.elapsedMs);
    samples.bare.push(bare.elapsedMs);
  }
  await box.close(runId, 0);
  launcher.shutdown();
  const cost = median(samples.boxed) - median(samples.bare);
  return [
    {
      what: `a command in a box of level ${box.level} against the same without one, alternating`,
      figures: `in the box ${spread(samples.boxed)}; without ${spread(samples.bare)}; ratio ${(median(samples.boxed) / median(samples.bare)).toFixed(2)}, ${ms(cost)} more`,
      goal: '≤ 3 ms more',
      isMet: cost <= 3,
    },
  ];
}
