import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { findLayout } from '../../src/adapters/stack/layout.js';
import { createOrchestrator } from '../../src/index.js';
import { makeCliHome, type CliHome } from '../support/cli.js';
import { patiently } from './patiently.js';
import { findEndpoints } from '../support/live-stack.js';
import { placeWitnesses, PROGRAMS, type Witnessed } from './witnesses.js';

const HOME_SIZE = '700m';
const SERVES_AGAIN_MS = 90_000;
const run = promisify(execFile);

export type WireState = 'open' | 'cut' | 'silent' | 'deaf';

/** What a part of the local stack is, as the stack's own state file has it. */
export interface PartSeen {
  readonly name: string;
  readonly state: string;
  readonly process: { readonly pid: number } | null;
}

/** A local stack on which everything may break, with a wire to its Temporal that worker and library go through. */
export interface Scene extends Witnessed {
  readonly cli: CliHome;
  /** Whether `$SIGNALBOX_HOME` is a small disk of its own, which can be filled. */
  readonly hasOwnDisk: boolean;
  setWire(state: WireState): void;
  part(name: string): PartSeen | null;
  /** Waits until worker, Temporal and Postgres serve, and none is a process that it must not be. */
  untilServing(notPids?: readonly number[]): Promise<void>;
  /** Ends the stack. The evidence stays, with the stack's own logs. */
  close(): Promise<void>;
}

export interface SceneOptions {
  readonly paths: number;
  /** More of Temporal's dynamic configuration, `KEY=JSON`. */
  readonly temporalConfig?: readonly string[];
  /** Of the command line and of everything that it brings up. */
  readonly environment?: Readonly<Record<string, string>>;
}

export async function raiseScene({
  paths,
  temporalConfig = [],
  environment = {},
}: SceneOptions): Promise<Scene> {
  const witnesses = await placeWitnesses(paths);
  const wire = join(witnesses.directory, 'wire');
  mkdirSync(wire);
  writeFileSync(join(wire, 'config'), temporalConfig.join('\n'));
  const cli = await makeCliHome({
    XDG_STATE_HOME: witnesses.stateHome,
    SIGNALBOX_TEMPORAL_CLI: programOnWire(wire),
    PATH: `/usr/bin:/bin:${process.env['PATH'] ?? ''}`,
    ...environment,
  });
  const home = cli.environment['SIGNALBOX_HOME'] ?? '';
  const hasOwnDisk = await mountDisk(home);
  const takeDown = async (): Promise<void> => {
    await witnesses.dismiss();
    await cli.run(['down']);
    cpSync(join(home, 'stack', 'log'), join(witnesses.directory, 'stack-log'), { recursive: true });
    rmSync(findLayout(home)?.postgres ?? home, { recursive: true, force: true });
    if (hasOwnDisk) await run('umount', ['--lazy', home]);
    await cli.remove();
  };
  try {
    const up = await cli.run(['up']);
    if (up.exitCode !== 0) throw new Error(`signalbox up ended with ${up.exitCode}: ${up.stderr}`);
    const { disconnect, straight, ...connected } = await connect(cli, join(wire, 'direct'));
    const part = (name: string): PartSeen | null => partOf(home, name);
    return {
      ...witnesses,
      ...connected,
      cli,
      hasOwnDisk,
      setWire: (state) => writeFileSync(join(wire, 'wire'), state),
      part,
      untilServing: (notPids = []) =>
        patiently(async () => {
          for (const name of ['worker', 'temporal', 'postgres']) checkPart(name, part(name), notPids);
          await connected.database.query('SELECT 1');
          await straight.withDeadline(Date.now() + 2000, () => straight.workflowService.getSystemInfo({}));
        }, SERVES_AGAIN_MS),
      close: async () => {
        await disconnect();
        await takeDown();
      },
    };
  } catch (error) {
    await takeDown();
    throw error;
  }
}

async function connect(cli: CliHome, directPortFile: string) {
  const { temporal, database } = await findEndpoints(cli);
  const straight = await Connection.connect({ address: `127.0.0.1:${readFileSync(directPortFile, 'utf8')}` });
  const through = await Connection.connect({ address: temporal.address });
  const pool = new pg.Pool({ connectionString: database.url, max: 4, query_timeout: 5000 });
  pool.on('error', () => undefined);
  const { namespace } = temporal;
  return {
    straight,
    disconnect: async () => {
      await Promise.all([straight.close(), through.close(), pool.end()]);
    },
    database: pool,
    client: new Client({ connection: straight, namespace }),
    orchestrator: createOrchestrator({
      temporal: new Client({ connection: through, namespace }),
      database: pool,
      home: cli.environment['SIGNALBOX_HOME'] ?? '',
      archonHome: join(cli.home, 'archon'),
    }),
  };
}

/** A Temporal CLI whose server has a wire in front of it. */
function programOnWire(wire: string): string {
  const real = process.env['SIGNALBOX_TEMPORAL_CLI'];
  if (real === undefined)
    throw new Error('SIGNALBOX_TEMPORAL_CLI names no program: run the tests with npm test');
  const program = join(wire, 'temporal');
  const words = [process.execPath, join(PROGRAMS, 'temporal-on-a-wire.mjs'), real, wire];
  writeFileSync(program, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`);
  chmodSync(program, 0o755);
  return program;
}

/** Only root may mount; others go without the full disk. */
async function mountDisk(home: string): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  mkdirSync(home, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${HOME_SIZE},mode=0700`, 'tmpfs', home]);
  return true;
}

function partOf(home: string, name: string): PartSeen | null {
  try {
    const text = readFileSync(join(home, 'stack', 'state.json'), 'utf8');
    return (JSON.parse(text) as { parts: PartSeen[] }).parts.find((part) => part.name === name) ?? null;
  } catch {
    return null;
  }
}

function checkPart(name: string, seen: PartSeen | null, notPids: readonly number[]): void {
  const pid = seen?.process?.pid;
  if (seen?.state === 'running' && pid !== undefined && !notPids.includes(pid)) return;
  throw new Error(`${name} does not serve: ${JSON.stringify(seen)}`);
}
