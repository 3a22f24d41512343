import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { patiently } from './patiently.js';
import { bornWith } from '../support/living-processes.js';
import { monotonic } from './clock.js';
import {
  groupBy,
  type Commit,
  type Evidence,
  type Fault,
  type Hold,
  type MirrorMark,
  type NodeRecord,
  type OwnerSeen,
  type Remains,
  type RowChange,
  type Sighting,
  type StartCall,
} from './evidence.js';
import type { Witnessed } from './witnesses.js';

const run = promisify(execFile);
/** The reconciler's twelve seconds, and some. */
const SETTLED_WITHIN_MS = 30_000;

/** Lets the database write down every change of a row, in its own transaction. */
export async function watchRows({ database }: Pick<Witnessed, 'database'>): Promise<void> {
  await database.query(`
    CREATE SCHEMA chaos;
    CREATE TABLE chaos.rows (n bigserial, run text, status text, at timestamptz DEFAULT clock_timestamp());
    CREATE TABLE chaos.marks (n bigserial, run text, epoch bigint, seq bigint);
    CREATE FUNCTION chaos.note_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO chaos.rows (run, status) VALUES (NEW.id, NEW.status); RETURN NULL; END $$;
    CREATE FUNCTION chaos.note_mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO chaos.marks (run, epoch, seq) VALUES (NEW.run_id, NEW.last_epoch, NEW.last_seq); RETURN NULL; END $$;
    CREATE TRIGGER chaos_row AFTER INSERT OR UPDATE ON remote_agent_workflow_runs
      FOR EACH ROW EXECUTE FUNCTION chaos.note_row();
    CREATE TRIGGER chaos_mark AFTER INSERT OR UPDATE ON signalbox.runs
      FOR EACH ROW EXECUTE FUNCTION chaos.note_mark();`);
}

/** Everything that the witnesses have seen. The sampler has written down its last sightings by then. */
export async function gather(scene: Witnessed, remains: Remains, endedAt: number): Promise<Evidence> {
  const log = <Line>(name: string): Line[] => linesOf(join(scene.directory, 'log', `${name}.jsonl`));
  return {
    records: scene.paths.flatMap((path) => recordsOf(scene, path)),
    sightings: log<Sighting>('sightings'),
    calls: log<StartCall>('calls'),
    holds: [...(await holdsOf(scene)), ...deletedHolds(scene, log('deleted'))],
    ...(await rowsOf(scene)),
    owners: log<OwnerSeen>('owners'),
    faults: log<Fault>('faults'),
    commits: (await Promise.all(scene.paths.map(commitsOf))).flat(),
    remains,
    revived: new Set(log<string>('revived')),
    endedAt,
  };
}

function linesOf<Line>(file: string): Line[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

function recordsOf(scene: Witnessed, path: string): NodeRecord[] {
  const file = join(scene.directory, 'log', `${basename(path)}.jsonl`);
  return linesOf<Omit<NodeRecord, 'path'>>(file).map(({ token, ...record }) => ({
    ...record,
    path,
    at: record.at * 1000 + scene.offsets.uptime,
    ...(token === undefined || token === '' ? {} : { token }),
  }));
}

async function holdsOf(scene: Witnessed): Promise<Hold[]> {
  const wall = (date: Date): number => date.getTime() + scene.offsets.wall;
  const holds: Hold[] = [];
  for await (const { memo, startTime, closeTime, status } of scene.client.workflow.list({
    query: `WorkflowType = 'run'`,
  })) {
    holds.push({
      path: String(memo?.['workingPath']),
      run: String(memo?.['runId']),
      from: wall(startTime),
      to: closeTime === undefined ? null : wall(closeTime),
      ended: status.name,
    });
  }
  return holds;
}

interface Deleted {
  readonly path: string;
  readonly run: string;
  readonly fromWall: number;
  /** When it was asked to be deleted, and when that was answered. */
  readonly calledWall: number;
  readonly answeredWall: number;
}

const deletedHolds = ({ offsets }: Witnessed, deleted: readonly Deleted[]): Hold[] =>
  deleted.map(({ path, run: deletedRun, fromWall, calledWall, answeredWall }) => ({
    path,
    run: deletedRun,
    from: fromWall + offsets.wall,
    to: calledWall + offsets.wall,
    toAtLatest: answeredWall + offsets.wall,
  }));

async function rowsOf({ database, offsets }: Witnessed): Promise<{ rows: RowChange[]; marks: MirrorMark[] }> {
  const rows = await database.query<{ run: string; status: string; at: number }>(
    'SELECT run, status, (extract(epoch FROM at) * 1000)::float8 AS at FROM chaos.rows ORDER BY n',
  );
  const marks = await database.query<{ run: string; epoch: string; seq: string }>(
    'SELECT run, epoch, seq FROM chaos.marks ORDER BY n',
  );
  return {
    rows: rows.rows.map((row) => ({ ...row, at: row.at + offsets.wall })),
    marks: marks.rows.map((mark) => ({ ...mark, epoch: BigInt(mark.epoch), seq: BigInt(mark.seq) })),
  };
}

async function commitsOf(path: string): Promise<Commit[]> {
  const { stdout } = await run('git', ['-C', path, 'log', '--reverse', '--format=%s'], {
    maxBuffer: 1 << 28,
  }).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [committer = '', session = ''] = line.split(' ');
      return { path, run: committer, session };
    });
}

/** What is left when everything had time to end: looked at until nothing is, or the time is over. */
export async function lookAtRemains(scene: Witnessed, settledWithinMs = SETTLED_WITHIN_MS): Promise<Remains> {
  const begun = monotonic();
  for (;;) {
    const remains = await remainsNow(scene);
    const isOver = monotonic() - begun > settledWithinMs;
    if (isOver || isClean(remains)) return remains;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const OPEN_ROWS = ['pending', 'running', 'paused'];

const isClean = ({ processes, locks, open, runs }: Remains): boolean =>
  processes.length === 0 &&
  locks.length === 0 &&
  open.length === 0 &&
  runs.every(
    ({ row, executions }) => !executions.includes('RUNNING') && (row === null || !OPEN_ROWS.includes(row)),
  );

async function remainsNow(scene: Witnessed): Promise<Remains> {
  const runs = await patiently(() => runsOf(scene), SETTLED_WITHIN_MS);
  const marked = runs.flatMap((one) => bornWith(`SIGNALBOX_RUN_ID=${one.run}`));
  const processes = [...new Set([...marked, ...witnessesOf(scene)])].map((pid) => ({
    pid,
    command: commandOf(pid),
  }));
  const locks = await Promise.all(scene.paths.map(async (path) => ((await isLocked(path)) ? [path] : [])));
  return {
    processes,
    locks: locks.flat(),
    open: await patiently(() => openOf(scene), SETTLED_WITHIN_MS),
    runs,
  };
}

async function openOf({ client }: Witnessed): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query: `ExecutionStatus = 'Running'` })) {
    ids.push(workflowId);
  }
  return ids;
}

async function runsOf({ client, database, directory }: Witnessed): Promise<Remains['runs']> {
  const executions: { run: string; status: string; at: number }[] = [];
  for await (const { memo, status, startTime } of client.workflow.list({ query: `WorkflowType = 'run'` })) {
    executions.push({ run: String(memo?.['runId']), status: status.name, at: startTime.getTime() });
  }
  for (const { run: name } of linesOf<Deleted>(join(directory, 'log', 'deleted.jsonl'))) {
    executions.push({ run: name, status: 'DELETED', at: 0 });
  }
  const newestFirst = groupBy(
    executions.sort((a, b) => b.at - a.at),
    ({ run: name }) => name,
  );
  const { rows } = await database.query<{ id: string; status: string }>(
    'SELECT id, status FROM remote_agent_workflow_runs',
  );
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  return [...new Set([...newestFirst.keys(), ...statuses.keys()])].map((name) => ({
    run: name,
    row: statuses.get(name) ?? null,
    executions: (newestFirst.get(name) ?? []).map(({ status }) => status),
  }));
}

/** Processes of nodes by their arguments, for those that dropped their environment. */
const witnessesOf = ({ directory }: Witnessed): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && commandOf(pid).includes(`witness.sh daemon ${directory} `));

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return 'gone meanwhile';
  }
}

/** Asks the kernel, by trying. */
async function isLocked(path: string): Promise<boolean> {
  return run('flock', ['-n', '-x', path, 'true']).then(
    () => false,
    () => true,
  );
}
