import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { formatInitWords } from '../../core/lease/init-words.js';
import type { BoxTask, ContainmentLevel } from '../../ports/box.js';
import { findHelperPrograms, HELPER_ENVIRONMENT, type HelperPrograms } from './helper-programs.js';
import { startInit, type InitProcess } from './init-process.js';
import { placeOf } from './lease.js';
import { hasProc } from './proc.js';
import { startCommand } from './start-command.js';
import { openWalls, type Walls } from './walls.js';

/** How strictly this machine can hold processes together for this user. */
export interface Containment {
  readonly level: ContainmentLevel;
  /** Null where boxes need none, or some are missing: then nothing is locked, either. */
  readonly programs: HelperPrograms | null;
  /** Why it is not stricter; null: it could not be. */
  readonly shortcoming: string | null;
}

/** Settings that forbid user namespaces, and what they must not be. */
const SWITCHES = [
  ['kernel.unprivileged_userns_clone', '0'],
  ['kernel.apparmor_restrict_unprivileged_userns', '1'],
  ['user.max_user_namespaces', '0'],
] as const;

async function forbiddingSwitch(): Promise<string | null> {
  for (const [name, forbidding] of SWITCHES) {
    const path = `/proc/sys/${name.replaceAll('.', '/')}`;
    const value = await readFile(path, 'utf8').catch(() => '');
    if (value.trim() === forbidding) return `${name} is ${forbidding}`;
  }
  return null;
}

/**
 * Finds out by really opening, entering and killing a box.
 * @param strictest tests ask for less than the machine can do
 */
export async function findContainment(strictest: 1 | 2 | 3 = 1): Promise<Containment> {
  if (process.platform !== 'linux' || !hasProc()) {
    return { level: 4, programs: null, shortcoming: 'levels 1 to 3 need Linux and its /proc' };
  }
  const programs = findHelperPrograms();
  if (!('flock' in programs)) {
    return { level: 3, programs: null, shortcoming: `these programs are missing: ${programs.join(', ')}` };
  }
  const shortcomings: string[] = [];
  for (const level of walledLevels(strictest)) {
    const fault = await tryLevel(programs, level);
    if (fault === null) return { level, programs, shortcoming: shortcomings[0] ?? null };
    shortcomings.push(`level ${level}: ${fault}`);
  }
  const forbidding = await forbiddingSwitch();
  const reasons = forbidding === null ? shortcomings : [...shortcomings, forbidding];
  return { level: 3, programs, shortcoming: reasons.join('; ') || null };
}

function walledLevels(strictest: 1 | 2 | 3): readonly (1 | 2)[] {
  const isRoot = process.geteuid?.() === 0;
  return ([1, 2] as const).filter((level) => level >= strictest && (level === 2 || isRoot));
}

/** @returns why boxes of a level cannot be had; null: they can */
async function tryLevel(programs: HelperPrograms, level: 1 | 2): Promise<string | null> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-try-'));
  try {
    const start = await startInit(programs, {
      level,
      lockPath: directory,
      recordPath: join(directory, 'record'),
      words: formatInitWords({
        ...{ level, lockedPlace: placeOf(directory) ?? '' },
        ...{ temporalNamespaceId: '', temporalWorkflowId: '', runId: '', fenceToken: '' },
      }),
    });
    if (start.kind === 'held') return 'a directory of our own is locked by somebody else';
    if (start.kind !== 'ready') return start.reason;
    return await tryBox(programs, { level, init: start.init, directory });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface TriedBox {
  readonly level: 1 | 2;
  readonly init: InitProcess;
  readonly directory: string;
}

async function tryBox(
  programs: HelperPrograms,
  { level, init, directory }: TriedBox,
): Promise<string | null> {
  const walls = openWalls(programs, level, init.identity);
  try {
    if (walls === null) return 'its namespaces cannot be entered';
    const [greeted, stayed] = await enterTwice(programs, walls, { init, directory });
    if (greeted.exitCode !== 0) {
      const stderr = await readFile(join(directory, 'stderr'), 'utf8');
      return `its namespaces cannot be entered (${stderr.trim()})`;
    }
    return stayed.signal === 'SIGKILL' ? null : 'what is inside does not end with its INIT';
  } finally {
    init.kill();
    await init.ended;
    walls?.release();
  }
}

/** One command that ends by itself, and one that must end with the box. */
async function enterTwice(
  { bash }: HelperPrograms,
  walls: Walls,
  { init, directory }: Omit<TriedBox, 'level'>,
): Promise<readonly [{ exitCode: number | null }, { signal: string | null }]> {
  const task = (script: string): BoxTask => ({
    ...{ runId: '', attemptId: '', environment: HELPER_ENVIRONMENT, workingPath: directory },
    argv: [bash, '--noprofile', '--norc', '-c', script],
    stdoutPath: join(directory, 'stdout'),
    stderrPath: join(directory, 'stderr'),
  });
  const greeted = await (await startCommand(walls.letIn(task(':')), {})).ended;
  const staying = await startCommand(walls.letIn(task('echo inside; exec sleep 60')), {});
  await untilWritten(join(directory, 'stdout'));
  init.kill();
  return [greeted, await staying.ended];
}

const ENTERING_MS = 5_000;

async function untilWritten(path: string): Promise<void> {
  const limit = performance.now() + ENTERING_MS;
  while ((await readFile(path, 'utf8')) === '' && performance.now() < limit) await wait(1);
}
