import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patiently } from '../chaos/patiently.js';
import { eventually } from '../support/eventually.js';
import { PROGRAMS } from '../chaos/witnesses.js';
import { raiseEndings, SECONDS, type Endings } from './endings.js';

const BIN = fileURLToPath(new URL('../../bin/signalbox.js', import.meta.url));
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

let endings: Endings;
let clockShift: string;

beforeAll(async () => {
  clockShift = join(mkdtempSync(join(tmpdir(), 'signalbox-clock-')), 'ms');
  endings = await raiseEndings({
    temporalConfig: ['limit.historyCount.suggestContinueAsNew=25'],
    environment: {
      NODE_OPTIONS: `--import=${join(PROGRAMS, 'shifted-clock.mjs')}`,
      CLOCK_SHIFT_FILE: clockShift,
    },
  });
}, 900 * SECONDS);

afterAll(async () => {
  await endings.close();
  endings.remove();
  rmSync(dirname(clockShift), { recursive: true });
}, 120 * SECONDS);

describe('a run that continues as a new execution', { timeout: 300 * SECONDS }, () => {
  it('keeps its processes and its box; what its first node left serves the last, and is gone at the end', async () => {
    const held = await endings.begin('lengthy');
    const before = held.living();
    await patiently(async () => {
      const statuses: string[] = [];
      const query = `WorkflowId = '${held.temporalWorkflowId}'`;
      for await (const { status } of endings.client.workflow.list({ query })) statuses.push(status.name);
      expect(statuses).toContain('CONTINUED_AS_NEW');
    }, 60 * SECONDS);
    expect(held.living()).toEqual(before);
    endings.letGo();
    await endings.becomes(held.runId, 'completed');
    expect(held.living()).toEqual([]);
    const owners = readFileSync(join(endings.directory, 'log', 'owners.jsonl'), 'utf8');
    expect(owners.split('\n').filter((line) => line.includes(held.runId))).toHaveLength(1);
    await endings.nextRunBegins(held);
  });
});

describe('a host whose programs see their clock jump', { timeout: 300 * SECONDS }, () => {
  const HOUR = 3_600 * SECONDS;

  it('an hour ahead: its node goes on', () => livesThrough(HOUR));
  it('an hour back: its node goes on', () => livesThrough(-HOUR));
});

/** Comes last: an ordinary user's stack has no walls where the kernel seems to tell another boot id. */
describe('a host that starts again', { timeout: 300 * SECONDS }, () => {
  it('under another boot id: the node that power has ended is interrupted, and the path is free', async () => {
    const held = await endings.begin();
    losePower();
    await eventually(() => {
      expect(held.living()).toEqual([]);
    });
    await upAfterReboot();
    await endings.becomes(held.runId, 'failed');
    expect(await endings.reads(held.runId)).toContain('interrupted');
    await endings.nextRunBegins(held);
  });
});

async function livesThrough(shiftMs: number): Promise<void> {
  expect(environmentOf('worker')).toContain(`CLOCK_SHIFT_FILE=${clockShift}`);
  const held = await endings.begin('through');
  const before = held.living();
  writeFileSync(clockShift, String(shiftMs));
  await laterThanEveryWatch();
  expect(held.living()).toEqual(before);
  expect((await endings.row(held.runId))?.status).toBe('running');
  endings.letGo();
  await endings.becomes(held.runId, 'completed');
  expect(held.living()).toEqual([]);
  await endings.nextRunBegins(held);
  rmSync(clockShift);
}

function environmentOf(part: string): readonly string[] {
  const pid = endings.part(part)?.process?.pid ?? -1;
  return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
}

/** Worker and supervisor look for what is lost at most every ten seconds. */
const laterThanEveryWatch = (): Promise<void> => wait(12 * SECONDS);

/** All of the stack at once: the supervisor first, so that nothing of it comes back. */
function losePower(): void {
  const { supervisor, parts } = JSON.parse(
    readFileSync(join(endings.cli.environment['SIGNALBOX_HOME'] ?? '', 'stack', 'state.json'), 'utf8'),
  ) as { supervisor: { pid: number }; parts: { process: { pid: number } | null }[] };
  for (const pid of [supervisor.pid, ...parts.flatMap(({ process: part }) => part?.pid ?? [])]) {
    process.kill(pid, 'SIGKILL');
  }
}

/** The stack comes up where the kernel tells another boot id. */
async function upAfterReboot(): Promise<void> {
  const bootId = join(endings.directory, 'boot_id');
  writeFileSync(bootId, `${randomUUID()}\n`);
  const script = 'mount --bind "$0" "$1" && shift && exec "$@"';
  const rights = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps'];
  await promisify(execFile)(
    'unshare',
    [...rights, '--mount', 'sh', '-c', script, bootId, BOOT_ID, process.execPath, BIN, 'up'],
    { env: endings.cli.environment },
  );
  await endings.untilServing();
}
