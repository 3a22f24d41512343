import type { Pool } from 'pg';
import { RunError } from '../../core/errors.js';
import type { MirrorWrite } from '../../core/mirror/rows.js';
import type { KeptResult } from '../../core/run/run-state.js';
import type { ChildRecord } from '../../core/subrun/former-children.js';
import type { Logger } from '../../ports/logger.js';
import type { FirstWrite, RunTable } from '../../ports/run-table.js';
import { isRefusal, isUniqueViolation, isValueRefusal, unreachable } from './failure.js';
import { type Mending, mendFirstWrite, mendWrite } from './mend.js';
import { ARCHON_HOLDERS, CHILDREN, OPEN_RUN, RESULTS, TAKE_EPOCH, WRITE_RUN } from './mirror-sql.js';
import { openValues, writeValues } from './mirror-values.js';
import { ask } from './query.js';

/** Tries of one write that the database refuses: twice as it is, should a row have gone meanwhile, then mended. */
const TRIES = 5;

/** The indexes that let one first execution of a run in, and one resume of each of its ends. */
const ONE_IS_LET_IN = ['epochs_first_execution', 'epochs_resumed'];

interface Opening {
  readonly pool: Pool;
  readonly temporalNamespaceId: string | null;
}

interface Answer {
  readonly is_accepted: boolean;
}

interface EpochAnswer {
  readonly epoch: string;
  /** The generation has landed before. */
  readonly is_known: boolean;
  /** Of all generations of the run; null: none has landed. */
  readonly newest_epoch: string | null;
  /** Archon's table has a row of this id. */
  readonly has_row: boolean;
}

export interface RunTableOptions {
  /** Told of what had to be left out. */
  readonly logger?: Logger;
  /** UUID of the Temporal namespace that the runs live in; workers watch over the runs of theirs. */
  readonly temporalNamespaceId?: string;
}

/** The mirror in Postgres, beside Archon's own rows. @see `mirror-sql.ts` */
export function makeRunTable(pool: Pool, { logger, temporalNamespaceId }: RunTableOptions = {}): RunTable {
  const opening: Opening = { pool, temporalNamespaceId: temporalNamespaceId ?? null };
  return {
    open: (first, isCurrent) => open(opening, first, isCurrent),

    async write(write) {
      const answer = await mendingAsNeeded((mending) => {
        const { value, mended } = mendWrite(write, mending);
        return ask<Answer>(pool, 'RUN_TABLE_UNREACHABLE', {
          name: 'signalbox-write',
          text: WRITE_RUN,
          values: writeValues(value, mended),
        });
      }).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        logger?.error({ ...factsOf(write), error: String(error) }, 'the run table refused a write: left out');
      });
      if (answer?.rows[0]?.is_accepted === false) {
        logger?.error(factsOf(write), 'the run table knows no such run: write left out');
      }
    },

    async results(runId) {
      const { rows } = await ask<KeptResult>(pool, 'RUN_TABLE_UNREACHABLE', {
        text: RESULTS,
        values: [runId],
      });
      return rows;
    },

    async children(parentRunId, nodeId) {
      const { rows } = await ask<ChildRecord>(pool, 'RUN_TABLE_UNREACHABLE', {
        text: CHILDREN,
        values: [parentRunId, nodeId],
      });
      return rows;
    },

    async archonHolders(workingPath) {
      const { rows } = await ask<{ run_id: string; workflow_name: string }>(pool, 'RUN_TABLE_UNREACHABLE', {
        text: ARCHON_HOLDERS,
        values: [workingPath],
      });
      return rows.map((row) => ({ runId: row.run_id, workflowName: row.workflow_name }));
    },
  };
}

/**
 * The epoch comes before the question: an execution that is overtaken after its question has the lower
 * epoch. Asked first, an old one could be overtaken, take the higher epoch and win.
 */
async function open(
  opening: Opening,
  first: FirstWrite,
  isCurrent: () => Promise<boolean>,
): Promise<{ readonly epoch: string }> {
  const { pool } = opening;
  const { runId } = first.identity;
  try {
    // Again only if another first write of this run lands in between; then `takeEpoch` knows whose it was.
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const epoch = await takeEpoch(pool, first);
      if (!(await isCurrent())) {
        throw new RunError('FENCED', `run ${runId} goes on in another execution; this one writes nothing`);
      }
      if (await commitOpening(opening, first, epoch)) return { epoch };
    }
  } catch (error) {
    throw isRefusal(error) ? unreachable('RUN_TABLE_UNREACHABLE', pool, error) : error;
  }
  throw unreachable('RUN_TABLE_UNREACHABLE', pool, new Error('several attempts to open one run at once'));
}

async function takeEpoch(pool: Pool, first: FirstWrite): Promise<string> {
  const { runId } = first.identity;
  const { rows } = await ask<EpochAnswer>(pool, 'RUN_TABLE_UNREACHABLE', {
    name: 'signalbox-take-epoch',
    text: TAKE_EPOCH,
    values: [runId, first.fenceToken],
  });
  const answer = rows[0];
  if (answer === undefined) throw unreachable('RUN_TABLE_UNREACHABLE', pool, new Error('no epoch was given'));
  const isRunKnown = answer.newest_epoch !== null;
  if (answer.has_row && !isRunKnown) throw reused(runId);
  if (!first.isFirstExecution || answer.is_known) return answer.epoch;
  if (first.resumedEpoch === null && isRunKnown) throw reused(runId);
  if (first.resumedEpoch !== null && first.resumedEpoch !== answer.newest_epoch) throw resumedTwice(runId);
  return answer.epoch;
}

/** False: another first write of this run was there before, and nothing was written. */
async function commitOpening(
  { pool, temporalNamespaceId }: Opening,
  first: FirstWrite,
  epoch: string,
): Promise<boolean> {
  try {
    const answer = await mendingAsNeeded((mending) => {
      const { value, mended } = mendFirstWrite(first, mending);
      return ask<Answer>(pool, 'RUN_TABLE_UNREACHABLE', {
        name: 'signalbox-open',
        text: OPEN_RUN,
        values: openValues(value, epoch, mended, temporalNamespaceId),
      });
    });
    return answer.rows[0]?.is_accepted === true;
  } catch (error) {
    if (isRivals(error)) return false;
    throw error;
  }
}

/** Another first write of the run has been let in. */
function isRivals(error: unknown): boolean {
  return ONE_IS_LET_IN.some((index) => isUniqueViolation(error, index));
}

function resumedTwice(runId: string): RunError {
  return new RunError(
    'RUN_NOT_RESUMABLE',
    `run ${runId} does not stand where this resume left off: somebody has resumed it meanwhile. See it with signalbox get ${runId}; if it has failed again, resume it again`,
    { runId },
  );
}

function reused(runId: string): RunError {
  return new RunError(
    'RUN_ID_REUSED',
    `run id ${runId} has been used already; start runs with signalbox run, which gives each its own`,
    { runId },
  );
}

/**
 * Tries as it is, then again (a row it hangs on may have gone in between), then mended more and more.
 * @throws the last refusal, when nothing helped
 */
async function mendingAsNeeded<T>(attempt: (mending: Mending) => Promise<T>): Promise<T> {
  let mending: Mending = 'none';
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(mending);
    } catch (error) {
      if (!isRefusal(error) || isRivals(error)) throw error;
      if (tries === TRIES || (isValueRefusal(error) && mending === 'drastic')) throw error;
      if (isValueRefusal(error)) mending = mending === 'none' ? 'gentle' : 'drastic';
    }
  }
}

function factsOf(write: MirrorWrite): Readonly<Record<string, unknown>> {
  return { runId: write.runId, epoch: write.epoch, seq: write.seq };
}
