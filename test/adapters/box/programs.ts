import type { BoxTask } from '../../../src/ports/box.js';
import type { BoxPrograms } from '../../ports/box.contract.js';

/** A script as a command. */
export function bash(script: string): BoxTask['argv'] {
  return ['/bin/bash', '-c', script];
}

/** Programs for a box of real processes. */
export const shellPrograms: BoxPrograms = {
  says: (stdout, stderr) => ['/bin/bash', '-c', 'printf %s "$1"; printf %s "$2" >&2', 'says', stdout, stderr],
  exitsWith: (exitCode) => bash(`exit ${exitCode}`),
  printsEnvironment: () => ['/usr/bin/env'],
  waits: () => bash('echo ready; exec sleep 1000'),
  waitsStubbornly: () => bash('trap "" TERM; echo ready; while :; do sleep 1000; done'),
  leavesChild: () => bash('sleep 1000 & exit 0'),
  missing: () => ['/nowhere/no-such-program'],
};
