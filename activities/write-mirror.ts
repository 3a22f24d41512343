import type { Activities } from '../src/contract/activities.js';
import type { RunTable } from '../src/ports/run-table.js';

/** One write of the mirror lane. */
export const makeWriteMirror =
  (table: RunTable): Activities['writeMirror'] =>
  (write) =>
    table.write(write);
