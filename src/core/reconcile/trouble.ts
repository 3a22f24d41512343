import { isJsonObject, type JsonObject } from '../json.js';

/** Where a row keeps what hinders its run; the mirror's own writes leave it alone. */
export const TROUBLES_KEY = 'signalbox_troubles';

export type TroubleKind =
  | 'workflow_task_stuck'
  | 'activity_paused'
  | 'run_paused'
  | 'decision_refused'
  | 'processes_left'
  | 'host_silent';

/** Something that hinders an open run and that the run itself cannot tell. */
export interface Trouble {
  readonly kind: TroubleKind;
  /** What it is and what helps, for people. */
  readonly text: string;
}

/** What a row's metadata say; empty where they say nothing that is understood. */
export function troublesIn(metadata: JsonObject): readonly Trouble[] {
  const troubles = metadata[TROUBLES_KEY];
  if (!Array.isArray(troubles)) return [];
  return troubles.filter(
    (trouble): trouble is JsonObject & Trouble =>
      isJsonObject(trouble) && typeof trouble['kind'] === 'string' && typeof trouble['text'] === 'string',
  );
}
