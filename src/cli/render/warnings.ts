import { isJsonObject, type Json } from '../../core/json.js';
import type { EventRecord } from '../../ports/run-table.js';
import { oneLine } from './text.js';

/** What a run's events warn of that is about none of its nodes. */
export function warningsOf(events: readonly EventRecord[]): readonly string[] {
  return events
    .filter(({ eventType }) => eventType === 'workflow_parse_warnings')
    .flatMap(({ data }) => listIn(data))
    .filter((warning) => typeof warning === 'string')
    .map((warning) => oneLine(warning, 1_000));
}

/** As further lines of the run's record. */
export function renderWarnings(warnings: readonly string[]): readonly string[] {
  return warnings.map((warning) => `note       ${warning}`);
}

function listIn(data: Json): readonly Json[] {
  const list: Json | undefined = isJsonObject(data) ? data['warnings'] : [];
  return Array.isArray(list) ? (list as readonly Json[]) : [];
}
