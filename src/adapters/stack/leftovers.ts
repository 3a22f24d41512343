import { join } from 'node:path';
import { RunError } from '../../core/errors.js';
import type { Progress } from '../../ports/stack.js';
import { endProcess, ENDINGS, waitUntil } from './ending.js';
import type { StackLayout } from './layout.js';
import { isAlive, type ProcessIdentity } from './process-identity.js';
import { findByArguments, findByDirectory } from './process-search.js';
import { readState, type PartRecord } from './stack-state.js';

interface Leftover {
  readonly name: PartRecord['name'];
  readonly process: ProcessIdentity;
}

const LAST_BACKENDS_MS = 5000;

/**
 * Ends what a supervisor that died left running: what it recorded, and servers on this stack's data that it had no
 * time to record. Only for the holder of the stack's lock. A pid that belongs to someone else by now is left alone.
 * @throws RunError `STACK_PART_FAILED` when a process outlives SIGKILL
 */
export async function clearLeftovers(layout: StackLayout, progress: Progress): Promise<void> {
  const leftovers = [...recorded(layout), ...strays(layout)];
  if (leftovers.length > 0)
    progress(`clearing what an earlier stack left: ${leftovers.map(describe).join(', ')}`);
  // The worker goes first: it hands its runs back while the servers can still take them.
  await endAll(leftovers.filter(({ name }) => name === 'worker'));
  await endAll(leftovers.filter(({ name }) => name !== 'worker'));
  await endBackends(join(layout.postgres, 'data'));
}

function recorded(layout: StackLayout): Leftover[] {
  const parts = readState(layout.stateFile)?.parts ?? [];
  return parts
    .flatMap(({ name, process }) => (process === null ? [] : [{ name, process }]))
    .filter(({ process }) => isAlive(process));
}

function strays(layout: StackLayout): Leftover[] {
  const known = new Set(recorded(layout).map(({ process }) => process.pid));
  const temporal = findByArguments(['--db-filename', layout.temporalDatabase]);
  const postgres = findByArguments(['-D', join(layout.postgres, 'data')]);
  return [
    ...temporal.map((process) => ({ name: 'temporal', process }) as const),
    ...postgres.map((process) => ({ name: 'postgres', process }) as const),
  ].filter(({ process }) => !known.has(process.pid));
}

/** A killed PostgreSQL's own children notice and end within moments. */
async function endBackends(data: string): Promise<void> {
  const areGone = () => findByDirectory('postgres', data).length === 0;
  if (await waitUntil(areGone, LAST_BACKENDS_MS, 50)) return;
  await endAll(findByDirectory('postgres', data).map((process) => ({ name: 'postgres', process })));
}

async function endAll(leftovers: readonly Leftover[]): Promise<void> {
  await Promise.all(
    leftovers.map(async (leftover) => {
      if (await endProcess(leftover.process, ENDINGS[leftover.name])) return;
      const message = `${describe(leftover)} of an earlier stack cannot be ended; the system holds it (a hung disk?). Try again later, or restart the machine.`;
      throw new RunError('STACK_PART_FAILED', message, { pid: leftover.process.pid });
    }),
  );
}

function describe({ name, process }: Leftover): string {
  return `${name} (pid ${process.pid})`;
}
