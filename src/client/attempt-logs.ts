import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { attemptId, isCheckId, nodeOfActivityId } from '../contract/workflow-id.js';
import type { NodeId } from '../core/ids.js';
import { isJsonObject } from '../core/json.js';
import type { EventRecord, RunRecord } from '../ports/run-table.js';

/** A piece of what a node wrote. */
export interface LogChunk {
  /** `build`, `build (attempt 2)`, `review.build (iteration 3)`. */
  readonly source: string;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

export type Tell = (chunk: LogChunk) => void;

const PIECE_BYTES = 64 * 1024;
const STREAMS = ['stdout', 'stderr'] as const;

/** The directory in which a run's host keeps what its attempts wrote; null: the row does not tell. */
export function attemptsDirectory(record: RunRecord): string | null {
  if (record.outputRoot === null) return null;
  return join(record.outputRoot, 'artifacts', 'runs', record.runId, '.signalbox', 'attempts');
}

/**
 * Reads what the attempts of a run have written, each byte once, in the order in which attempts began. Read
 * again, it goes on where it was.
 */
export function makeLogReader(directory: string): { readOn(names: AttemptNames, tell: Tell): Promise<void> } {
  const positions = new Map<string, number>();
  return {
    async readOn(names, tell) {
      for (const attempt of await attemptsIn(directory)) {
        const source = names.get(attempt) ?? nameInBody(attempt);
        for (const stream of STREAMS) {
          const file = join(directory, attempt, stream);
          const from = positions.get(file) ?? 0;
          positions.set(file, await readFrom(file, from, (bytes) => tell({ source, stream, bytes })));
        }
      }
    },
  };
}

/** Directory of an attempt → what people call it. */
export type AttemptNames = ReadonlyMap<string, string>;

/** Names of the attempts that the events speak of. */
export function attemptNames(events: readonly EventRecord[]): AttemptNames {
  const names = new Map<string, string>();
  for (const { eventType, nodeName, data } of events) {
    if (eventType !== 'node_started' || nodeName === null) continue;
    const ours = data['signalbox'];
    const attempt = isJsonObject(ours) ? Number(ours['attempt'] ?? 1) : 1;
    const name = attempt === 1 ? nodeName : `${nodeName} (attempt ${attempt})`;
    names.set(attemptId(nodeName as NodeId, attempt), name);
  }
  return names;
}

/** What people call an attempt in the body of a loop, which its directory names as a whole. */
function nameInBody(directory: string): string {
  const node = nodeOfActivityId(directory);
  const counts = directory.split('.').filter((_, position) => position % 2 === 1);
  const iterations = counts.slice(0, -1).join('.');
  if (node === null || iterations === '') return directory;
  const attempt = counts.at(-1) === '1' ? '' : `, attempt ${counts.at(-1) ?? ''}`;
  return `${node}${isCheckId(directory) ? ' until_bash' : ''} (iteration ${iterations}${attempt})`;
}

async function attemptsIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const born = await Promise.all(
    names.map(async (name) => ({
      name,
      at: await stat(join(directory, name)).then(
        (facts) => facts.birthtimeMs,
        () => 0,
      ),
    })),
  );
  return born.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1)).map((attempt) => attempt.name);
}

/** @returns the position after the last byte read */
async function readFrom(file: string, from: number, tell: (bytes: Uint8Array) => void): Promise<number> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return from;
  try {
    let position = from;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, position);
      if (bytesRead === 0) return position;
      tell(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
