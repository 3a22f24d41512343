import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { Orchestrator } from '../../src/client/orchestrator.js';
import { addWorkflows } from '../support/cli.js';
import { monotonic, readOffsets, type ClockOffsets } from './clock.js';
import type { OwnerSeen } from './evidence.js';
import { workflowsFor } from './shapes.js';

export const PROGRAMS = join(import.meta.dirname, 'programs');
const OWNERS_EVERY_MS = 20;

/** Repositories, and those who write down what happens in them. */
export interface Witnesses {
  /** Holds the paths, what was written about them, and the state directory (`XDG_STATE_HOME`). */
  readonly directory: string;
  readonly stateHome: string;
  readonly paths: readonly string[];
  readonly offsets: ClockOffsets;
  /** One line of the log of what was done, for people. */
  tell(line: string): void;
  /** Has the sampler write down its last sightings. */
  dismiss(): Promise<void>;
  remove(): void;
}

/** Witnesses, and what they and the launchers ask. */
export interface Witnessed extends Witnesses {
  /** Goes straight to the server. */
  readonly client: Client;
  readonly database: pg.Pool;
  readonly orchestrator: Orchestrator;
}

export async function placeWitnesses(paths: number): Promise<Witnesses> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'signalbox-chaos-'));
  for (const name of ['log', 'canary', 'paths', 'state']) mkdirSync(join(directory, name));
  const names = Array.from({ length: paths }, (_, index) => `p${index}`);
  for (const name of names) await makePath(directory, name);
  const sampler = startSampler(directory);
  const watching = watchOwners(directory);
  return {
    directory,
    stateHome: join(directory, 'state'),
    paths: names.map((name) => join(directory, 'paths', name)),
    offsets: readOffsets(),
    tell: (line) => {
      appendFileSync(join(directory, 'story.log'), `${(monotonic() / 1000).toFixed(3)} ${line}\n`);
    },
    dismiss: async () => {
      clearInterval(watching);
      if (sampler.exitCode !== null) return;
      const gone = once(sampler, 'exit');
      sampler.kill('SIGTERM');
      await gone;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function makePath(directory: string, name: string): Promise<void> {
  const path = join(directory, 'paths', name);
  await promisify(execFile)('git', ['init', '--quiet', '--initial-branch=main', path]);
  await addWorkflows(path, workflowsFor(directory, name));
  writeFileSync(join(directory, 'log', `${name}.jsonl`), '');
}

function startSampler(directory: string): ChildProcess {
  const args = [join(PROGRAMS, 'sampler.mjs'), join(directory, 'log', 'sightings.jsonl'), directory];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

interface OwnerRecord {
  readonly workingPath: string;
  readonly runId: string;
  readonly fenceToken: string;
  readonly fenceNumber: number;
}

/** Writes down every owner record that is seen, in the order in which they follow each other. */
function watchOwners(directory: string): NodeJS.Timeout {
  const records = join(directory, 'state', 'signalbox', 'box');
  const last = new Map<string, string>();
  return setInterval(() => {
    for (const name of namesIn(records)) {
      const line = firstLine(join(records, name));
      if (line === '' || last.get(name) === line) continue;
      last.set(name, line);
      const { workingPath, runId, fenceToken, fenceNumber } = JSON.parse(line) as OwnerRecord;
      const seen: OwnerSeen = {
        path: workingPath,
        at: monotonic(),
        run: runId,
        token: fenceToken,
        fence: fenceNumber,
      };
      appendFileSync(join(directory, 'log', 'owners.jsonl'), `${JSON.stringify(seen)}\n`);
    }
  }, OWNERS_EVERY_MS);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n')[0] ?? '';
  } catch {
    return '';
  }
}
