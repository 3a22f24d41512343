import { RunError } from '../../src/core/errors.js';
import type { NodeId, RunId } from '../../src/core/ids.js';
import type { JsonObject } from '../../src/core/json.js';
import type {
  EventRow,
  MirrorWrite,
  NodeResultRow,
  ParentRow,
  RunProgressRow,
} from '../../src/core/mirror/rows.js';
import type { KeptResult } from '../../src/core/run/run-state.js';
import type { NodeOutput } from '../../src/core/run/task.js';
import type { ChildRecord } from '../../src/core/subrun/former-children.js';
import type {
  EventRecord,
  FirstWrite,
  GenerationRecord,
  RunReader,
  RunRecord,
  RunTable,
} from '../../src/ports/run-table.js';

interface StoredEvent extends EventRow {
  readonly epoch: bigint;
  readonly order: number;
}

interface StoredRun {
  record: RunRecord;
  isArchons: boolean;
  readonly codebasePath?: string | undefined;
  readonly parent?: ParentRow | undefined;
  readonly tokens: Map<string, { readonly epoch: bigint; readonly temporalRunId: string }>;
  last: { readonly epoch: bigint; readonly seq: number };
  readonly events: Map<string, StoredEvent>;
  readonly results: Map<string, NodeResultRow & { readonly epoch: bigint }>;
}

/** The run table and its reader in memory. It takes every value, so nothing is ever mended. */
export class FakeRunTable implements RunTable, RunReader {
  /** While true, every call fails as with a database that is away. */
  isAway = false;
  private readonly runs = new Map<string, StoredRun>();
  private lastEpoch = 0n;
  private lastOrder = 0;

  async open(first: FirstWrite, isCurrent: () => Promise<boolean>): Promise<{ readonly epoch: string }> {
    this.answer('RUN_TABLE_UNREACHABLE');
    const { runId } = first.identity;
    this.refuseReuse(first);
    const taken = this.runs.get(runId)?.tokens.get(first.fenceToken)?.epoch ?? (this.lastEpoch += 1n);
    if (!(await isCurrent())) throw new RunError('FENCED', `run ${runId} goes on in another execution`);
    this.answer('RUN_TABLE_UNREACHABLE');
    this.refuseReuse(first);
    const run = this.runs.get(runId) ?? this.makeRun(first);
    const epoch = run.tokens.get(first.fenceToken)?.epoch ?? taken;
    run.tokens.set(first.fenceToken, { epoch, temporalRunId: first.temporalRunId });
    if (epoch > run.last.epoch) run.record = { ...run.record, startedAt: first.identity.startedAt };
    const seq = Math.max(0, ...first.events.map((event) => event.seq));
    this.store(run, { runId, epoch: String(epoch), seq, row: first.row, events: first.events, results: [] });
    return { epoch: String(epoch) };
  }

  write(write: MirrorWrite): Promise<void> {
    return this.promise('RUN_TABLE_UNREACHABLE', () => {
      const run = this.runs.get(write.runId);
      if (run !== undefined) this.store(run, write);
    });
  }

  results(runId: RunId): Promise<readonly KeptResult[]> {
    return this.promise('RUN_TABLE_UNREACHABLE', () =>
      this.resultsOf(runId).map((result) => ({ ...result, nodeId: result.nodeId as NodeId })),
    );
  }

  newestGeneration(runId: RunId): Promise<GenerationRecord | null> {
    return this.promise('DATABASE_UNREACHABLE', () => {
      const run = this.runs.get(runId);
      const newest = newestOf(run);
      if (run === undefined || newest === null) return null;
      return {
        epoch: String(newest.epoch),
        temporalRunId: newest.temporalRunId,
        temporalWorkflowId: run.record.temporalWorkflowId ?? '',
        finishedNodes: this.resultsOf(runId).map(({ nodeId }) => nodeId),
      };
    });
  }

  children(parentRunId: RunId, nodeId: NodeId): Promise<readonly ChildRecord[]> {
    return this.promise('RUN_TABLE_UNREACHABLE', () =>
      [...this.runs.values()].flatMap((run) => {
        const { parent, record } = run;
        if (parent?.runId !== parentRunId || parent.nodeId !== nodeId) return [];
        const { runId, status, metadata } = record;
        const epoch = String(newestOf(run)?.epoch);
        return [{ runId, index: parent.index, hash: parent.hash, status, epoch, metadata }];
      }),
    );
  }

  childrenOf(runId: RunId): Promise<readonly RunRecord[]> {
    return this.promise('DATABASE_UNREACHABLE', () =>
      [...this.runs.values()].map(({ record }) => record).filter((record) => record.parentRunId === runId),
    );
  }

  archonHolders(workingPath: string) {
    return this.promise('RUN_TABLE_UNREACHABLE', () =>
      this.archonRuns()
        .filter((record) => record.workingPath === workingPath && isHolding(record))
        .map(({ runId, workflowName }) => ({ runId, workflowName })),
    );
  }

  findByPrefix(prefix: string, limit: number): Promise<readonly RunRecord[]> {
    return this.promise('DATABASE_UNREACHABLE', () =>
      this.newestFirst()
        .filter((record) => record.runId.startsWith(prefix))
        .slice(0, limit),
    );
  }

  list({ workingPath, withWorktrees, statuses, subRuns = 'all', limit }: Parameters<RunReader['list']>[0]) {
    return this.promise('DATABASE_UNREACHABLE', () => {
      const found = this.newestFirst().filter(
        (record) =>
          (workingPath === null ||
            record.workingPath === workingPath ||
            (withWorktrees === true && this.runs.get(record.runId)?.codebasePath === workingPath)) &&
          (statuses === null || statuses.includes(record.status)),
      );
      const runs = found.filter(
        ({ parentRunId, metadata }) =>
          subRuns === 'all' ||
          parentRunId === null ||
          (subRuns === 'no-items' && typeof metadata['child_index'] !== 'number'),
      );
      return { runs: runs.slice(0, limit), total: runs.length, leftOut: found.length - runs.length };
    });
  }

  events(runId: RunId, after?: string): Promise<readonly EventRecord[]> {
    return this.promise('DATABASE_UNREACHABLE', () => {
      const events = [...(this.runs.get(runId)?.events ?? [])]
        .sort(([, a], [, b]) => compare(a.createdAt, b.createdAt) || a.order - b.order)
        .map(([id, { eventType, nodeName, data, createdAt }]) => ({
          id,
          eventType,
          nodeName,
          data,
          createdAt,
        }));
      return events.slice(events.findIndex(({ id }) => id === after) + 1);
    });
  }

  /** What a resume would find. */
  resultsOf(runId: RunId): readonly (NodeResultRow & { readonly output: NodeOutput })[] {
    const results = [...(this.runs.get(runId)?.results.values() ?? [])];
    return results.flatMap(({ nodeId, attempt, output }) =>
      output === null ? [] : [{ nodeId, attempt, output }],
    );
  }

  /** A row that Archon made. */
  addArchonRun(record: RunRecord): void {
    const last = { epoch: 0n, seq: 0 };
    const kept = { tokens: new Map(), events: new Map(), results: new Map() };
    this.runs.set(record.runId, { record, isArchons: true, last, ...kept });
  }

  private refuseReuse(first: FirstWrite): void {
    const run = this.runs.get(first.identity.runId);
    if (run?.tokens.has(first.fenceToken) === true) return;
    if (run === undefined) {
      this.refuseLateResume(first);
      return;
    }
    if (!run.isArchons && !first.isFirstExecution) return;
    if (run.isArchons || first.resumedEpoch === null) {
      throw new RunError('RUN_ID_REUSED', `run id ${first.identity.runId} has been used already`);
    }
    this.refuseLateResume(first);
  }

  private refuseLateResume({ identity: { runId }, resumedEpoch }: FirstWrite): void {
    const newest = newestOf(this.runs.get(runId));
    if (resumedEpoch === null || resumedEpoch === newest?.epoch.toString()) return;
    throw new RunError('RUN_NOT_RESUMABLE', `run ${runId} does not stand where this resume left off`);
  }

  private makeRun(first: FirstWrite): StoredRun {
    const { identity } = first;
    const { runId, workflowName, userMessage, workingPath, outputRoot, startedAt, hostId } = identity;
    const { temporalWorkflowId, inputs } = identity;
    const { parent, codebasePath } = identity;
    const metadata: JsonObject = {
      ...(Object.keys(inputs).length > 0 && { inputs }),
      ...(parent && { parent_node_id: parent.nodeId, inputs_values: parent.inputValues }),
      ...(typeof parent?.index === 'number' && { child_index: parent.index, fan_out_item_hash: parent.hash }),
    };
    const shown = { runId, workflowName, userMessage, workingPath, outputRoot, startedAt };
    const record = {
      ...shown,
      ...{ status: 'running', completedAt: null, lastActivityAt: null, metadata, temporalWorkflowId, hostId },
      ...{ parentRunId: parent?.runId ?? null, hostSilentSince: null, outcome: null },
    };
    const kept = { tokens: new Map(), events: new Map(), results: new Map() };
    const run = { record, isArchons: false, parent, codebasePath, last: { epoch: 0n, seq: -1 }, ...kept };
    this.runs.set(runId, run);
    return run;
  }

  private store(run: StoredRun, write: MirrorWrite): void {
    const epoch = BigInt(write.epoch);
    if (epoch > run.last.epoch || (epoch === run.last.epoch && write.seq > run.last.seq)) {
      run.last = { epoch, seq: write.seq };
      run.record = laidOver(run.record, write.row);
    }
    for (const event of write.events) {
      const id = `${write.epoch}/${event.seq}`;
      if (!run.events.has(id)) run.events.set(id, { ...event, epoch, order: (this.lastOrder += 1) });
    }
    for (const result of write.results) {
      const known = run.results.get(result.nodeId);
      const isLater =
        known === undefined ||
        epoch > known.epoch ||
        (epoch === known.epoch && result.attempt >= known.attempt);
      if (isLater) run.results.set(result.nodeId, { ...result, epoch });
    }
  }

  private newestFirst(): RunRecord[] {
    return [...this.runs.values()]
      .map(({ record, isArchons }) => ({
        ...record,
        hostSilentSince: isArchons || !isSilent(record) ? null : record.startedAt,
      }))
      .sort((a, b) => compare(b.startedAt, a.startedAt) || compare(a.runId, b.runId));
  }

  private archonRuns(): RunRecord[] {
    return [...this.runs.values()].filter((run) => run.isArchons).map((run) => run.record);
  }

  private answer(code: 'RUN_TABLE_UNREACHABLE' | 'DATABASE_UNREACHABLE'): void {
    if (this.isAway) throw new RunError(code, "Postgres can't be reached");
  }

  private promise<T>(code: 'RUN_TABLE_UNREACHABLE' | 'DATABASE_UNREACHABLE', work: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.answer(code);
      resolve(work());
    });
  }
}

function newestOf(
  run: StoredRun | undefined,
): { readonly epoch: bigint; readonly temporalRunId: string } | null {
  return [...(run?.tokens.values() ?? [])].sort((a, b) => (a.epoch > b.epoch ? -1 : 1))[0] ?? null;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function laidOver(record: RunRecord, row: RunProgressRow): RunRecord {
  const { status, completedAt, lastActivityAt } = row;
  return {
    ...record,
    status,
    completedAt,
    lastActivityAt,
    outcome: row.outcome ?? record.outcome,
    metadata: { ...record.metadata, ...row.metadata },
  };
}

/** No worker was ever seen here. */
function isSilent({ status, startedAt }: RunRecord): boolean {
  return ['pending', 'running', 'paused'].includes(status) && Date.parse(startedAt) < Date.now() - 15_000;
}

function isHolding(record: RunRecord): boolean {
  if (record.status === 'running' || record.status === 'paused') return true;
  return record.status === 'pending' && Date.parse(record.startedAt) > Date.now() - 5 * 60_000;
}
