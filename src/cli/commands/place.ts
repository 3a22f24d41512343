import { resolve } from 'node:path';
import { RunError } from '../../core/errors.js';
import type { Caller, Place } from '../context.js';

export interface PlaceOptions {
  readonly cwd?: string;
  readonly folder?: boolean;
}

/** The directory that a command is about. @throws RunError `USAGE` the name is empty: a variable that is not set */
export function placeOf(caller: Caller, options: PlaceOptions): Place {
  if (options.cwd === '') throw new RunError('USAGE', '--cwd is empty; name the directory, or leave it out');
  return { directory: resolve(caller.directory, options.cwd ?? '.'), isFolder: options.folder === true };
}
