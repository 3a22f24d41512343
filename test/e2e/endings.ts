import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunId } from '../../src/core/ids.js';
import { raiseScene, type Scene, type SceneOptions } from '../chaos/scene.js';
import { addWorkflows } from '../support/cli.js';
import { patiently } from '../chaos/patiently.js';
import { eventually } from '../support/eventually.js';

export const SECONDS = 1000;

/** From the polite signal to SIGKILL, which these runs all need. */
const GRACE_MS = 300;

/** Children in every way in which a process leaves its parent, all deaf to SIGTERM. The last has no marker. */
const CHILDREN = `trap '' TERM
child() { bash -c 'exec -a "held-$0" sleep 600' "$ARGUMENTS"; }
export -f child
setsid bash -c child & (bash -c child &) ; nohup bash -c child > /dev/null 2>&1 &`;
const UNMARKED = `env -i setsid /bin/bash -c 'exec -a "held-$0" sleep 600' "$ARGUMENTS" > /dev/null 2>&1 &`;
const READY = 'echo up > ready';

/** A run at work, with processes of every kind around its node. */
export interface HeldRun {
  readonly runId: RunId;
  readonly temporalWorkflowId: string;
  /** Pids of everything that it has left and that lives. */
  living(): number[];
}

export interface Row {
  readonly status: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A stack on which runs end in every way, one path, and what there is to see of it. */
export interface Endings extends Scene {
  readonly path: string;
  /** How many processes a held run has; without walls (level 3) the one without a marker is left out. */
  readonly processes: number;
  /** Starts a run (`held`, `done`, `broken`, `through`, `lengthy`), and waits until its processes are there. */
  begin(workflow?: string, options?: { heartbeatTimeoutMs?: number }): Promise<HeldRun>;
  row(runId: string): Promise<Row | null>;
  becomes(runId: string, status: string, withinMs?: number): Promise<Row>;
  /** What a person reads of a run. */
  reads(runId: string): Promise<string>;
  /** Lets a node that waits go on. */
  letGo(): void;
  /** A new run on the path begins its first node, beside nothing of the held one, and completes. */
  nextRunBegins(held: HeldRun): Promise<void>;
}

const WAITS = 'until [ -e go ]; do sleep 0.02; done; rm go';

const chain = (name: string, ...scripts: readonly string[]): string =>
  JSON.stringify({
    name,
    description: name,
    nodes: scripts.map((bash, index) => ({
      id: `n${index + 1}`,
      bash,
      ...(index === 0 ? {} : { depends_on: [`n${index}`] }),
    })),
  });

export async function raiseEndings(options: Partial<SceneOptions> = {}): Promise<Endings> {
  const scene = await raiseScene({ ...options, paths: 1 });
  const path = scene.paths[0]!;
  const level = await containmentLevel(scene);
  const children = level <= 2 ? `${CHILDREN}\n${UNMARKED}` : CHILDREN;
  const main = 'bash -c child';
  await addWorkflows(path, {
    held: chain('held', [children, READY, main].join('\n')),
    done: chain('done', [children, READY, WAITS].join('\n')),
    broken: chain('broken', [children, READY, WAITS, 'echo "cannot do it" >&2; exit 3'].join('\n')),
    through: chain('through', [children, READY, WAITS].join('\n'), 'echo over > over'),
    // Long enough for a Temporal that suggests a new execution early.
    lengthy: chain('lengthy', [children, READY].join('\n'), ...Array<string>(12).fill('true'), WAITS),
    next: chain('next', 'echo begun > begun', WAITS),
  });
  const there = (file: string): boolean => existsSync(join(path, file));
  const appears = (file: string): Promise<void> =>
    eventually(() => {
      expect(there(file), `${file} is there`).toBe(true);
    }, 60 * SECONDS);

  const endings: Endings = {
    ...scene,
    path,
    processes: level <= 2 ? 5 : 4,
    begin: async (workflow = 'held', { heartbeatTimeoutMs = 300 * SECONDS } = {}) => {
      rmSync(join(path, 'ready'), { force: true });
      const token = randomUUID();
      const options = { workflow, workingPath: path, message: token, graceMs: GRACE_MS, heartbeatTimeoutMs };
      // The row of the run before says that it has ended a moment before its execution has closed.
      const result = await patiently(async () => {
        const answer = await scene.orchestrator.start(options);
        if (answer.kind !== 'started') throw new Error(JSON.stringify(answer));
        return answer;
      }, 10 * SECONDS);
      await appears('ready');
      const held = { ...result, living: () => named(`held-${token}`) };
      await eventually(() => {
        expect(held.living().length).toBeGreaterThanOrEqual(endings.processes - 1);
      });
      return held;
    },
    row: async (runId) => {
      const { rows } = await scene.database.query<Row>(
        'SELECT status, metadata FROM remote_agent_workflow_runs WHERE id = $1',
        [runId],
      );
      return rows[0] ?? null;
    },
    becomes: (runId, status, withinMs = 60 * SECONDS) =>
      patiently(async () => {
        const row = await endings.row(runId);
        expect(row?.status, JSON.stringify(row?.metadata)).toBe(status);
        return row!;
      }, withinMs),
    reads: async (runId) => {
      const got = await scene.cli.run(['get', runId]);
      expect(got.exitCode, got.stderr).toBe(0);
      return got.stdout;
    },
    letGo: () => writeFileSync(join(path, 'go'), ''),
    nextRunBegins: async (held) => {
      rmSync(join(path, 'begun'), { force: true });
      const next = await patiently(async () => {
        const result = await scene.orchestrator.start({ workflow: 'next', workingPath: path });
        if (result.kind !== 'started') throw new Error(JSON.stringify(result));
        return result;
      }, 60 * SECONDS);
      await appears('begun');
      expect(held.living()).toEqual([]);
      endings.letGo();
      await endings.becomes(next.runId, 'completed');
    },
  };
  return endings;
}

/** As the worker tells everybody who asks for the pollers of its queue. */
async function containmentLevel({ client, database }: Scene): Promise<number> {
  const { rows } = await database.query<{ host_id: string }>('SELECT host_id FROM signalbox.hosts');
  const uid = process.getuid?.() ?? 0;
  const name = `signalbox.host.${rows[0]?.host_id ?? readFileSync('/etc/machine-id', 'utf8').trim()}.${uid}`;
  return patiently(async () => {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name },
    });
    const level = /containment (\d)/.exec(pollers[0]?.identity ?? '')?.[1];
    if (level === undefined) throw new Error(`nobody polls ${name}`);
    return Number(level);
  }, 30 * SECONDS);
}

/** Living processes that call themselves so. */
function named(name: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && firstWord(pid) === name);
}

function firstWord(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';
  } catch {
    return '';
  }
}
