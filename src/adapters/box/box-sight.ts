import { setTimeout as wait } from 'node:timers/promises';
import { RunError } from '../../core/errors.js';
import { parseInitWords, type InitWords } from '../../core/lease/init-words.js';
import type { OwnerRecord } from '../../core/lease/owner-record.js';
import type { ProcessInfo } from '../../ports/box.js';
import type { BoxSight, SeenBox, SeenBoxes } from '../../ports/path-locks.js';
import { makeBoxFiles } from './box-files.js';
import { placeOf } from './lease.js';
import { ownerOf } from './left-boxes.js';
import { RUN_MARKER } from './marker-census.js';
import { isOursToEnd, killInit, membersOf, type Holder } from './occupants.js';
import {
  describeProcess,
  findLiving,
  hasProc,
  listProcesses,
  pidNamespaceOf,
  readBootId,
  readCommandLine,
  readEnvironment,
  type ProcEntry,
} from './proc.js';

const LOOK_MS = 5;
const KILL_LIMIT_MS = 10_000;

/** One pass over the processes of the machine. */
interface Scan {
  readonly entries: readonly ProcEntry[];
  readonly inits: readonly Holder[];
  /** By run id: what was born with its marker, as far as this user may read that. */
  readonly marked: ReadonlyMap<string, readonly ProcEntry[]>;
}

/**
 * Boxes of this machine, told by owner records of this user and by command lines, which everybody may read.
 * @param stateDirectory `$XDG_STATE_HOME/signalbox`
 */
export function makeBoxSight(stateDirectory: string): BoxSight {
  return {
    placeOf,
    look: async () => {
      if (!hasProc()) return { boxes: [], strays: new Map() };
      const scan = await scanProcesses();
      return seenIn(scan, await openRecords(stateDirectory));
    },
    endUnrecorded: async (runId, temporalNamespaceId) => {
      if (!hasProc()) return;
      const { inits } = await scanProcesses();
      const own = inits.filter(
        ({ words }) => words.runId === runId && words.temporalNamespaceId === temporalNamespaceId,
      );
      for (const init of own) await endInit(init);
    },
  };
}

async function openRecords(stateDirectory: string): Promise<readonly OwnerRecord[]> {
  const files = makeBoxFiles(stateDirectory);
  await files.prepare();
  return files.readOpen();
}

async function scanProcesses(): Promise<Scan> {
  const entries = (await listProcesses()).filter(({ isAlive, pid }) => isAlive && pid !== process.pid);
  const inits: Holder[] = [];
  const marked = new Map<string, ProcEntry[]>();
  for (const entry of entries) {
    const words = parseInitWords(readCommandLine(entry.pid));
    if (words !== null) {
      // One that only tries what this machine can do belongs to nobody.
      if (words.runId !== '') inits.push({ pid: entry.pid, startTicks: entry.startTicks, words });
      continue;
    }
    const runId = markerOf(entry.pid);
    if (runId !== null) marked.set(runId, [...(marked.get(runId) ?? []), entry]);
  }
  return { entries, inits, marked };
}

const MARKED = new RegExp(`(?:^|\\0)${RUN_MARKER}=([^\\0]*)\\0`);

function markerOf(pid: number): string | null {
  return MARKED.exec(readEnvironment(pid)?.toString('latin1') ?? '')?.[1] ?? null;
}

function seenIn(scan: Scan, records: readonly OwnerRecord[]): SeenBoxes {
  const bootId = readBootId();
  const initOf = (record: OwnerRecord): Holder | null =>
    scan.inits.find(
      ({ pid, startTicks }) =>
        record.bootId === bootId && pid === record.initPid && startTicks === record.initStartTicks,
    ) ?? null;
  const recorded = records.map((record) => toBox(scan, record, { record, init: initOf(record) }));
  const known = new Set(records.map((record) => initOf(record)?.pid));
  const others = scan.inits
    .filter(({ pid }) => !known.has(pid))
    .map((init) => toBox(scan, init.words, { record: null, init }));
  const boxes = [...recorded, ...others];
  const boxed = new Set(boxes.map(({ runId }) => runId));
  const strays = [...scan.marked].filter(([runId]) => !boxed.has(runId));
  return { boxes, strays: new Map(strays.map(([runId, entries]) => [runId, entries.map(describeProcess)])) };
}

function toBox(
  scan: Scan,
  words: InitWords,
  { record, init }: { readonly record: OwnerRecord | null; readonly init: Holder | null },
): SeenBox {
  const { runId, temporalWorkflowId, temporalNamespaceId, lockedPlace, level } = words;
  const entry = init && findLiving(init);
  return {
    ...{ runId, temporalWorkflowId, temporalNamespaceId, lockedPlace, level },
    record: record && { ...ownerOf(record), since: record.since },
    init: entry && describeProcess(entry),
    processes: processesOf(scan, runId, init),
  };
}

/** What lives behind the walls, and what bears the marker. */
function processesOf(scan: Scan, runId: string, init: Holder | null): readonly ProcessInfo[] {
  const namespace = init && pidNamespaceOf(init.pid);
  const isWalled = namespace !== null && namespace !== pidNamespaceOf(process.pid);
  const inside = isWalled ? membersOf(scan.entries, namespace, init?.pid ?? 0) : [];
  const all = [...inside, ...(scan.marked.get(runId) ?? [])].map((entry) => [entry.pid, entry] as const);
  return [...new Map(all).values()].map(describeProcess);
}

async function endInit(init: Holder): Promise<void> {
  const limit = performance.now() + KILL_LIMIT_MS;
  const isOurs = isOursToEnd(init);
  if (isOurs) await killInit(init);
  for (let entry; (entry = findLiving(init)) !== null;) {
    if (!isOurs || performance.now() >= limit) throw stillThere(describeProcess(entry));
    await wait(LOOK_MS);
  }
}

function stillThere(info: ProcessInfo): RunError {
  const { pid, user, command } = info;
  return new RunError(
    'PATH_STILL_OCCUPIED',
    `still alive: ${pid} (${user}) ${command}. End it by hand, then try again`,
    { processes: [info] },
  );
}
