import { formatDuration } from '../../core/duration.js';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.js';
import type { EventRecord } from '../../ports/run-table.js';
import { durationIn, ours } from './event-data.js';
import { indented, oneLine } from './text.js';
import { warningsOf } from './warnings.js';

type Phrase = (data: JsonObject) => string;

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

function duration(data: JsonObject): string {
  const ms = durationIn(data);
  return ms === null ? '' : ` (${formatDuration(ms)})`;
}

/** In the body of a loop, which time; and of an attempt that is not the first, which one. */
function which(data: JsonObject): string {
  const iteration = data['iteration'];
  const attempt = ours(data)['attempt'];
  const parts = [
    ...(typeof iteration === 'number' ? [`iteration ${iteration}`] : []),
    ...(typeof attempt === 'number' && attempt > 1 ? [`attempt ${attempt}`] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** A sentence on the line itself; what goes on (the end of standard error) under it. */
function failure(data: JsonObject): string {
  const [first = '', ...rest] = textOf(data['error']).replace(/\s+$/, '').split('\n');
  const more = rest.length === 0 ? '' : `\n${indented(rest.join('\n'), '    ')}`;
  return `failed${duration(data)}: ${oneLine(first, 2_000)}${more}`;
}

/** Archon's word for it, and the condition that decided. */
export function skipReason(data: JsonObject): string {
  const reason = oneLine(textOf(data['reason']) || 'no reason given');
  const condition = textOf(data['expr']);
  return condition === '' ? reason : `${reason}: ${oneLine(condition)}`;
}

const NODE_PHRASES: Readonly<Record<string, Phrase>> = {
  node_started: (data) => `started${which(data)}`,
  node_completed: (data) => `completed${duration(data)}`,
  node_failed: failure,
  node_skipped_prior_success: () => 'completed before; kept',
  node_skipped: (data) => `skipped (${skipReason(data)})`,
  approval_requested: (data) => `waiting: ${oneLine(textOf(data['message']), 2_000)}`,
  approval_received: (data) => `decided: ${oneLine(textOf(data['decision']))}`,
};

/** What a person reads of one event of a run; null: nothing worth a line. */
export function progressLine(event: EventRecord): string | null {
  const warnings = warningsOf([event]);
  if (warnings.length > 0) return warnings.map((warning) => `! ${warning}`).join('\n');
  const phrase = NODE_PHRASES[event.eventType];
  if (phrase === undefined || event.nodeName === null) return null;
  return `[${oneLine(event.nodeName)}] ${phrase(isJsonObject(event.data) ? event.data : {})}`;
}
