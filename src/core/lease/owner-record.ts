import { isJsonObject, type JsonObject } from '../json.js';

/** Version of the owner record. */
export const OWNER_RECORD_VERSION = 1;

/** Which execution generation of which run, in which Temporal: whose box it is. */
export interface Claim {
  /** UUID of the Temporal namespace: names repeat. */
  readonly temporalNamespaceId: string;
  readonly temporalWorkflowId: string;
  readonly runId: string;
  readonly fenceToken: string;
}

/** What is written of a box while it is open, in `<state>/box/<path key>.json`. */
export interface OpenRecord extends Claim {
  readonly version: typeof OWNER_RECORD_VERSION;
  /** Only grows, box by box. */
  readonly fenceNumber: number;
  readonly workingPath: string;
  readonly pathKey: string;
  /** `device:inode` of what is locked: a directory may have several names, and a record for each. */
  readonly lockedPlace: string;
  readonly temporalAddress: string;
  /** Of the boot that `initPid` belongs to. */
  readonly bootId: string;
  /** The process on which the box stands and falls, by its number on the host. */
  readonly initPid: number;
  /** With the pid its identity: hundredths of a second from boot to start. */
  readonly initStartTicks: number;
  readonly level: number;
  /** ISO-8601 UTC. */
  readonly since: string;
}

/** The record as it is read. */
export interface OwnerRecord extends OpenRecord {
  /** When the box was emptied by those who opened it, ISO-8601 UTC; null: nobody has said so. */
  readonly closedAt: string | null;
}

/** The line that the record begins with. */
export function formatOpenRecord(record: OpenRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** The line that is added when the box is closed: adding one loses nothing when the power goes. */
export function formatClosing(closedAt: string): string {
  return JSON.stringify({ closedAt });
}

const TEXTS = [
  'temporalNamespaceId',
  'temporalWorkflowId',
  'runId',
  'fenceToken',
  'workingPath',
  'pathKey',
  'lockedPlace',
  'temporalAddress',
  'bootId',
  'since',
] as const satisfies readonly (keyof OpenRecord)[];
const COUNTS = [
  'fenceNumber',
  'initPid',
  'initStartTicks',
  'level',
] as const satisfies readonly (keyof OpenRecord)[];

function parseLine(line: string | undefined): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line ?? '');
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Reads an owner record. A second line that was cut off counts as none.
 * @returns null: it is damaged, or of a version that this one does not know
 */
export function parseOwnerRecord(text: string): OwnerRecord | null {
  const [first, second] = text.split('\n');
  const record = parseLine(first);
  const isWhole =
    record?.['version'] === OWNER_RECORD_VERSION &&
    TEXTS.every((field) => typeof record[field] === 'string') &&
    COUNTS.every((field) => Number.isSafeInteger(record[field]));
  if (!isWhole) return null;
  const closedAt = parseLine(second)?.['closedAt'];
  return {
    ...(record as unknown as OpenRecord),
    closedAt: typeof closedAt === 'string' ? closedAt : null,
  };
}
