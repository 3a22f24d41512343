import { runWorkflowId } from '../../contract/workflow-id.js';
import { hostTaskQueue } from '../../contract/task-queues.js';
import { asWorkingPath } from '../../core/lease/working-path.js';
import {
  runsOn,
  type PathBox,
  type PathExecution,
  type PathFacts,
  type PathRow,
  type StrayProcesses,
} from '../../core/locks/path-facts.js';
import { judgeRun } from '../../core/reconcile/judge-run.js';
import type { RunId } from '../../core/ids.js';
import { troublesIn } from '../../core/reconcile/trouble.js';
import type { ExecutionDetails } from '../../ports/executions.js';
import type { LockRow, SeenBox, SeenBoxes, SeenWorker } from '../../ports/path-locks.js';
import type { PathLocksPorts } from './path-locks.js';

export type GatherPorts = Pick<
  PathLocksPorts,
  'sight' | 'rows' | 'watch' | 'hostId' | 'uid' | 'temporalNamespaceId'
>;

/** IDs that are leases; sub-runs stand under that of their root. */
const LEASE = /^run\.[0-9a-f]{32}\./;
const ASKED_AT_ONCE = 20;

/** Everything that was found, before it is laid out by path. */
interface Gathered {
  readonly ports: GatherPorts;
  readonly seen: SeenBoxes;
  readonly rows: readonly LockRow[];
  readonly workers: readonly SeenWorker[];
  readonly executions: ReadonlyMap<string, ExecutionDetails | null>;
}

/**
 * Paths on which anything stands, of a run that is not over or has left something.
 * @param runId whose path is looked up too, whatever has become of it; null: nobody's
 */
export async function gatherPaths(ports: GatherPorts, runId: string | null): Promise<readonly PathFacts[]> {
  const gathered = await gather(ports, { runIds: runId === null ? [] : [runId], ids: [] });
  const paths = [...gathered.executions.keys()].map((id) => layOut(gathered, id, null));
  return paths
    .filter((facts) => runsOn(facts).length > 0 || facts.execution?.isOpen === true || isAbout(facts, runId))
    .sort((a, b) => (a.workingPath ?? '').localeCompare(b.workingPath ?? ''));
}

/** One path of this machine and user. */
export async function pathOf(ports: GatherPorts, path: string): Promise<PathFacts> {
  const workingPath = asWorkingPath(path);
  const id = runWorkflowId(ports.hostId, workingPath);
  return layOut(await gather(ports, { runIds: [], ids: [id] }), id, workingPath);
}

/** Whether a run was admitted to a path, or has left something there. */
export function isAbout({ execution, rows, boxes, strays }: PathFacts, runId: string | null): boolean {
  const own = boxes.filter(({ isUnderOtherName }) => !isUnderOtherName);
  return [execution, ...rows, ...own, ...strays].some((one) => one !== null && one.runId === runId);
}

async function gather(
  ports: GatherPorts,
  wanted: { readonly runIds: readonly string[]; readonly ids: readonly string[] },
): Promise<Gathered> {
  const { sight, rows: table, watch, hostId, uid, temporalNamespaceId } = ports;
  const [seen, openRows, workers, listed] = await Promise.all([
    sight.look(),
    table.open(temporalNamespaceId),
    table.workers(temporalNamespaceId),
    watch.openOn(hostTaskQueue(hostId, uid)),
  ]);
  const strayRows = await table.of(temporalNamespaceId, [...wanted.runIds, ...seen.strays.keys()]);
  const found = [...wanted.ids, ...[...openRows, ...strayRows, ...seen.boxes, ...listed].map(idOf)];
  const executions = await inspectAll(ports, [...new Set(found)].filter(isLease));
  const held = [...executions.values()].flatMap((execution) => execution?.runId ?? []);
  const otherRows = await table.of(temporalNamespaceId, [...held, ...seen.boxes.map(({ runId }) => runId)]);
  const rows = new Map([...openRows, ...strayRows, ...otherRows].map((row) => [row.runId, row]));
  return { ports, seen, workers, executions, rows: [...rows.values()] };
}

const idOf = ({ temporalWorkflowId }: { readonly temporalWorkflowId: string }): string => temporalWorkflowId;
const isLease = (id: string): boolean => LEASE.test(id);

async function inspectAll(
  { watch }: GatherPorts,
  ids: readonly string[],
): Promise<Map<string, ExecutionDetails | null>> {
  const found = new Map<string, ExecutionDetails | null>();
  for (let next = 0; next < ids.length; next += ASKED_AT_ONCE) {
    const batch = ids.slice(next, next + ASKED_AT_ONCE);
    const answers = await Promise.all(batch.map(async (id) => [id, await watch.inspect(id, null)] as const));
    for (const [id, execution] of answers) found.set(id, execution);
  }
  return found;
}

function layOut(gathered: Gathered, temporalWorkflowId: string, known: string | null): PathFacts {
  const { ports, executions } = gathered;
  const rows = gathered.rows.filter((row) => row.temporalWorkflowId === temporalWorkflowId);
  const found = executions.get(temporalWorkflowId) ?? null;
  // Boxes and listed executions are of this machine: what has no row is at home here.
  const home = rows.find(({ runId }) => runId === found?.runId) ?? rows[0] ?? ports;
  const workingPath = known ?? rows[0]?.workingPath ?? recordedPath(gathered, temporalWorkflowId);
  const isThisHost = home.hostId === ports.hostId;
  return {
    ...{ temporalWorkflowId, workingPath, hostId: home.hostId, uid: home.uid },
    place: isThisHost ? (home.uid === ports.uid ? 'here' : 'otherUser') : 'otherHost',
    worker: workerOf(gathered, home),
    execution: found && toExecution(found, rows),
    rows: rows.map((row) => toRow(ports, row)),
    boxes: isThisHost ? boxesOf(gathered, { temporalWorkflowId, workingPath }) : [],
    strays: isThisHost ? straysOf(gathered, rows) : [],
  };
}

function workerOf(
  { workers }: Gathered,
  { hostId, uid }: { readonly hostId: string; readonly uid: number },
): PathFacts['worker'] {
  const worker = workers.find((one) => one.hostId === hostId && one.uid === uid);
  return { isHeard: worker?.isHeard ?? false, lastSeen: worker?.lastSeen ?? null };
}

function recordedPath({ seen }: Gathered, temporalWorkflowId: string): string | null {
  const box = seen.boxes.find((one) => one.temporalWorkflowId === temporalWorkflowId && one.record !== null);
  return box?.record?.workingPath ?? null;
}

function toRow(ports: GatherPorts, { runId, workflow, status, startedAt, hostId, uid }: LockRow): PathRow {
  return { runId, workflow, status, startedAt, isOwn: hostId === ports.hostId && uid === ports.uid };
}

function straysOf({ seen }: Gathered, rows: readonly LockRow[]): readonly StrayProcesses[] {
  return rows.flatMap(({ runId }) => {
    const processes = seen.strays.get(runId);
    return processes === undefined ? [] : [{ runId, processes }];
  });
}

/** Boxes under the path's ID, and those that have the same directory under another name. */
function boxesOf(
  { ports, seen }: Gathered,
  { temporalWorkflowId, workingPath }: Pick<PathFacts, 'temporalWorkflowId' | 'workingPath'>,
): readonly PathBox[] {
  const place = workingPath === null ? null : ports.sight.placeOf(workingPath);
  const isHere = (box: SeenBox): boolean =>
    box.temporalWorkflowId === temporalWorkflowId || (box.init !== null && box.lockedPlace === place);
  return seen.boxes.filter(isHere).map((box) => ({
    runId: box.runId,
    isOfThisTemporal: box.temporalNamespaceId === ports.temporalNamespaceId,
    temporalAddress: box.record?.temporalAddress ?? null,
    workingPath: box.record?.workingPath ?? null,
    isUnderOtherName: box.temporalWorkflowId !== temporalWorkflowId,
    level: box.level,
    since: box.record?.since ?? null,
    init: box.init,
    processes: box.processes,
  }));
}

function toExecution(found: ExecutionDetails, rows: readonly LockRow[]): PathExecution {
  const { runId, temporalRunId, isOpen, statusName } = found;
  const verdict = judgeRun({
    runId: (runId ?? '') as RunId,
    execution: found,
    end: null,
    isMirrorOpen: false,
  });
  const seen = verdict.kind === 'goesOn' ? verdict.troubles : [];
  const row = rows.find((one) => one.runId === runId);
  const told = row === undefined || !isOpen ? [] : troublesIn(row.metadata);
  const refused = told.filter(({ kind }) => kind === 'decision_refused');
  return { runId, temporalRunId, isOpen, statusName, troubles: [...seen, ...refused] };
}
