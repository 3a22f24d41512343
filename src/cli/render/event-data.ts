import { isJsonObject, type JsonObject } from '../../core/json.js';

/** What Archon has no word for stands under our own name. */
export const ours = (data: JsonObject): JsonObject =>
  isJsonObject(data['signalbox']) ? data['signalbox'] : {};

/** How long an attempt took; Archon's events have it on success only. */
export function durationIn(data: JsonObject): number | null {
  const ms = data['duration_ms'] ?? ours(data)['duration_ms'];
  return typeof ms === 'number' ? ms : null;
}
