import { isJsonObject, type Json, type JsonObject } from '../../core/json.js';
import type {
  EventRow,
  MirrorWrite,
  NodeResultRow,
  RunIdentityRow,
  RunProgressRow,
} from '../../core/mirror/rows.js';
import type { FirstWrite } from '../../ports/run-table.js';

/**
 * How far a write is changed so that the database takes it.
 * `gentle`: what Postgres can't hold is replaced (NUL, half surrogate pairs, times that are none) or cut
 * (columns, texts above 1 MiB, nesting). `drastic`: short ASCII only, for an encoding or a limit that we don't know.
 */
export type Mending = 'none' | 'gentle' | 'drastic';

export interface Mended<T> {
  readonly value: T;
  /** Names of what was changed, each once. */
  readonly mended: readonly string[];
}

/** Widths of Archon's columns, in characters. */
const WIDTH = { workflow_name: 255, step_name: 255, event_type: 50, status: 20 } as const;
const LONGEST_TEXT = { gentle: 1_048_576, drastic: 1_000 } as const;
const DEEPEST = 50;

/** Halves of surrogate pairs: with the u flag a whole pair is one character and no match. */
const HALF_PAIR = /\p{Surrogate}/gu;
const NOT_PRINTABLE_ASCII = /[^\x20-\x7e\n\t]/gu;

export function mendWrite(write: MirrorWrite, mending: Mending): Mended<MirrorWrite> {
  if (mending === 'none') return { value: write, mended: [] };
  const mender = makeMender(mending);
  const value = {
    ...write,
    row: mendRow(write.row, mender),
    events: write.events.map((event) => mendEvent(event, mender)),
    results: write.results.map((result) => mendResult(result, mender)),
  };
  return { value, mended: mender.mended() };
}

export function mendFirstWrite(first: FirstWrite, mending: Mending): Mended<FirstWrite> {
  if (mending === 'none') return { value: first, mended: [] };
  const mender = makeMender(mending);
  const value = {
    ...first,
    identity: mendIdentity(first.identity, mender),
    row: mendRow(first.row, mender),
    events: first.events.map((event) => mendEvent(event, mender)),
  };
  return { value, mended: mender.mended() };
}

interface Mender {
  text<T extends string>(name: string, text: T): T;
  time(name: string, time: string): string;
  json(name: string, value: JsonObject): JsonObject;
  mended(): readonly string[];
}

function mendIdentity(identity: RunIdentityRow, mender: Mender): RunIdentityRow {
  return {
    ...identity,
    workflowName: mender.text('workflow_name', identity.workflowName),
    userMessage: mender.text('user_message', identity.userMessage),
    workingPath: mender.text('working_path', identity.workingPath),
    outputRoot: mender.text('output_root', identity.outputRoot),
    startedAt: mender.time('started_at', identity.startedAt),
    inputs: mender.json('inputs', identity.inputs) as Readonly<Record<string, string>>,
    temporalWorkflowId: mender.text('temporal_workflow_id', identity.temporalWorkflowId),
    temporalNamespace: mender.text('temporal_namespace', identity.temporalNamespace),
    hostId: mender.text('host_id', identity.hostId),
  };
}

function mendRow(row: RunProgressRow, mender: Mender): RunProgressRow {
  return {
    status: mender.text('status', row.status),
    ...(row.outcome === undefined ? {} : { outcome: row.outcome }),
    metadata: mender.json('metadata', row.metadata),
    completedAt: row.completedAt === null ? null : mender.time('completed_at', row.completedAt),
    lastActivityAt: mender.time('last_activity_at', row.lastActivityAt),
  };
}

function mendEvent(event: EventRow, mender: Mender): EventRow {
  return {
    seq: event.seq,
    eventType: mender.text('event_type', event.eventType),
    nodeName: event.nodeName === null ? null : mender.text('step_name', event.nodeName),
    data: mender.json('event_data', event.data),
    createdAt: mender.time('created_at', event.createdAt),
  };
}

/** Outputs are kept as they are: their column holds any JSON text. */
function mendResult(result: NodeResultRow, mender: Mender): NodeResultRow {
  return { ...result, nodeId: mender.text('node_id', result.nodeId) };
}

function makeMender(mending: 'gentle' | 'drastic'): Mender {
  const names = new Set<string>();
  const noting = <T>(name: string, before: T, after: T): T => {
    if (after !== before) names.add(name);
    return after;
  };
  const storable = (text: string): string =>
    mending === 'gentle'
      ? text.replaceAll('\0', '\ufffd').replace(HALF_PAIR, '\ufffd')
      : text.replace(NOT_PRINTABLE_ASCII, '?');
  const clean = (text: string, longest: number): string => cut(storable(text), longest);

  const inside = (name: string, value: Json, depth: number): Json => {
    if (typeof value === 'string') return noting(name, value, clean(value, LONGEST_TEXT[mending]));
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST) return noting<Json>(name, value, '[nested too deep]');
    if (!isJsonObject(value)) return value.map((member) => inside(name, member, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        noting(name, key, clean(key, LONGEST_TEXT[mending])),
        inside(name, member, depth + 1),
      ]),
    );
  };

  return {
    text: <T extends string>(name: string, text: T) => {
      const width: number = name in WIDTH ? WIDTH[name as keyof typeof WIDTH] : LONGEST_TEXT[mending];
      return noting<string>(name, text, clean(text, width)) as T;
    },
    // `now` is a time that Postgres knows.
    time: (name, time) => noting(name, time, /^\d{4}-/.test(time) && !isNaN(Date.parse(time)) ? time : 'now'),
    json: (name, value) => inside(name, value, 1) as JsonObject,
    mended: () => [...names],
  };
}

/** The beginning of a text, not longer than so many characters, with no character cut in half. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  let end = 0;
  for (let characters = 0; characters < longest && end < text.length; characters += 1) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}
