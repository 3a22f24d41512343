import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '../../config/config.js';
import { RunError } from '../../core/errors.js';
import type { CliContext, TextSink } from '../context.js';
import { makeServices } from './services.js';
import { makeTerminal } from './terminal.js';

export interface Surroundings {
  readonly out: TextSink;
  readonly err: TextSink;
  readonly version: string;
  readonly isJson: boolean;
}

/** Everything that commands touch, as it is in a real process. @throws RunError `CONFIG_INVALID` */
export function makeContext({ out, err, version, isJson }: Surroundings): CliContext {
  const config = readConfig();
  for (const warning of config.warnings) err.write(`warning: ${warning}\n`);
  const isSomebodyThere = process.stdin.isTTY && process.stderr.isTTY && !config.isCi;
  const hasNothingEmbedded = config.temporal.isExternal && config.databaseUrl !== null;
  return {
    services: makeServices(config, { version, tell: (line) => err.write(`${line}\n`) }),
    out,
    err,
    isJson,
    terminal: makeTerminal(isSomebodyThere),
    caller: {
      name: `${config.user}@${hostname()}`,
      directory: currentDirectory(),
      environment: config.environment,
      graceMs: config.graceMs,
      heartbeatTimeoutMs: config.heartbeatTimeoutMs,
      version,
      workerCommand: hasNothingEmbedded ? 'signalbox worker' : 'signalbox up',
    },
    clock: { now: () => new Date() },
    newUuid: () => randomUUID(),
    pause: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
  };
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    throw new RunError(
      'WORKING_PATH_INVALID',
      'the current directory does not exist any more; change to one that does',
    );
  }
}
