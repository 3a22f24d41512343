import { resolve } from 'node:path';
import type { Caller, Place } from '../context.js';

export interface PlaceOptions {
  readonly cwd?: string;
  readonly folder?: boolean;
}

/** The directory that a command is about. */
export function placeOf(caller: Caller, options: PlaceOptions): Place {
  return { directory: resolve(caller.directory, options.cwd ?? '.'), isFolder: options.folder === true };
}
