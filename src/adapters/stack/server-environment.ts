import type { Environment } from './options.js';

const KEPT = ['PATH', 'HOME', 'TMPDIR', 'TZ'];

/**
 * What a server gets of a person's environment. Not more: PGPORT or TEMPORAL_ADDRESS, set for other purposes, would
 * change what it does.
 */
export function serverEnvironment(environment: Environment): Environment {
  const kept = KEPT.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]));
  return { ...(Object.fromEntries(kept) as Record<string, string>), LC_ALL: 'C' };
}
