import { randomUUID } from 'node:crypto';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { QUEUE_MESSAGES } from '../../src/contract/queue-workflow.js';
import type { StartResult } from '../../src/client/orchestrator.js';
import { QUEUE_DEPTH } from '../../src/core/queue/queue-state.js';
import { chainOf, makeRepository, type CliProcess } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { bornWith, isAlive } from '../support/living-processes.js';
import { raiseLiveStack, type LiveStack } from '../support/live-stack.js';

const SECONDS = 1000;
const PATIENCE_MS = 60 * SECONDS;

let stack: LiveStack;
let repository: string;

beforeAll(async () => {
  stack = await raiseLiveStack();
  repository = await makeRepository({
    held: chainOf('held', 'echo held; while [ ! -e go ]; do sleep 0.05; done'),
    note: chainOf('note', 'echo $ARGUMENTS >> order'),
    stubborn: chainOf('stubborn', "trap '' TERM; echo $$ > pid; while :; do sleep 0.1; done"),
  });
}, 900 * SECONDS);

afterAll(async () => {
  await stack.remove();
  await rm(repository, { recursive: true, force: true });
});

afterEach(async () => {
  await rm(join(repository, 'go'), { force: true });
  await rm(join(repository, 'order'), { force: true });
});

type Of<Kind extends StartResult['kind']> = Extract<StartResult, { kind: Kind }>;

const start = async <Kind extends StartResult['kind']>(
  kind: Kind,
  options: Partial<Parameters<LiveStack['orchestrator']['start']>[0]> = {},
): Promise<Of<Kind>> => {
  const result = await stack.orchestrator.start({
    workflow: 'held',
    workingPath: repository,
    ...options,
  });
  expect(result).toMatchObject({ kind });
  return result as Of<Kind>;
};

const letGo = (): Promise<void> => writeFile(join(repository, 'go'), '');
const order = async (): Promise<readonly string[]> =>
  (await readFile(join(repository, 'order'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

/** A person who queues, once the terminal says which place that is. */
async function personWaits(message: string, place: number, ...flags: string[]): Promise<CliProcess> {
  const argv = ['run', 'note', message, '--cwd', repository, '--on-busy', 'wait', ...flags];
  const person = stack.cli.start(argv);
  await eventually(() => {
    expect(person.output().stderr).toContain(`waiting: place ${place} of ${place}`);
  }, PATIENCE_MS);
  return person;
}

const idIn = (text: string): string => /run ([0-9a-f]{8})/.exec(text)![1]!;

const untilOver = (runId: string): Promise<void> =>
  eventually(async () => {
    const get = await stack.cli.run(['get', runId, '--json']);
    expect(JSON.parse(get.stdout)).toMatchObject({ status: 'completed' });
  }, PATIENCE_MS);

describe('those who wait for a path', () => {
  it('are served in order: ten of them, one killed, one gone, one out of patience, the holder terminated', async () => {
    const holder = await start('started');
    const people: CliProcess[] = [];
    for (let place = 1; place <= 9; place += 1) people.push(await personWaits(`p${place}`, place));
    const hasty = await personWaits('hasty', 10, '--wait-timeout', '3s');

    const killed = people[2]!;
    killed.process.kill('SIGKILL');
    const gone = people[5]!;
    const left = await stack.cli.run(['queue', 'leave', idIn(gone.output().stderr)]);
    expect(left).toMatchObject({ exitCode: 0 });
    expect(await gone.ended()).toMatchObject({ exitCode: 1 });
    expect(gone.output().stderr).toContain('was taken out of the queue by');
    const late = await hasty.ended();
    expect(late.exitCode).toBe(75);
    expect(late.stderr).toContain('(WAIT_TIMED_OUT)');

    const list = await stack.cli.run(['queue', 'list', repository]);
    expect(list.stdout).toContain('8 waiting');
    expect(list.stdout).toContain(`held by run ${holder.runId.slice(0, 8)} held`);

    await stack.client.workflow.getHandle(holder.temporalWorkflowId).terminate('an operator');
    const served = people.filter((person) => person !== killed && person !== gone);
    for (const person of served) expect(await person.ended()).toMatchObject({ exitCode: 0 });
    expect(await order()).toEqual(['p1', 'p2', 'p3', 'p4', 'p5', 'p7', 'p8', 'p9']);
    await untilOver(idIn(killed.output().stderr));
    const places = people[8]!.output().stderr.match(/waiting: place \d+/g)!;
    expect(new Set(places).size).toBeGreaterThan(1);
    expect((await stack.cli.run(['queue', 'list'])).stdout).toBe('nobody waits\n');
  }, 300_000);

  it.each(['worker', 'temporal'])(
    'keep their places when the %s is killed',
    async (part) => {
      await start('started');
      const waiting = await start('queued', { workflow: 'note', message: 'after', onBusy: 'wait' });
      expect(waiting.place).toBe(1);
      const pid = await pidOf(part);
      process.kill(pid, 'SIGKILL');
      await eventually(async () => expect(await pidOf(part)).not.toBe(pid), PATIENCE_MS);
      await letGo();
      expect(await stack.orchestrator.waitForTurn(waiting.runId)).toMatchObject({ kind: 'started' });
      expect((await stack.orchestrator.follow(waiting.runId)).status).toBe('completed');
      expect(await order()).toEqual(['after']);
    },
    180_000,
  );

  it('know their place by their id, and are cancelled like any run', async () => {
    const holder = await start('started');
    const first = await start('queued', { workflow: 'note', onBusy: 'wait' });
    const second = await start('queued', { workflow: 'note', onBusy: 'wait' });
    const get = await stack.cli.run(['get', second.runId.slice(0, 8), '--json']);
    expect(JSON.parse(get.stdout)).toMatchObject({
      ok: true,
      runId: second.runId,
      status: 'queued',
      place: 2,
      queueLength: 2,
      workingPath: repository,
    });
    const refused = await stack.cli.run(['run', 'note', '--cwd', repository]);
    expect(refused.exitCode).toBe(75);
    expect(refused.stderr).toContain('  queue    2 waiting\n');
    expect(await stack.cli.run(['cancel', first.runId])).toMatchObject({ exitCode: 0 });
    const [queue] = await stack.orchestrator.queues(repository);
    expect(queue!.runs.map(({ runId, place }) => [runId, place])).toEqual([[second.runId, 1]]);
    await stack.orchestrator.leaveQueue(second.runId, {});
    await expect(stack.orchestrator.leaveQueue(second.runId, {})).rejects.toMatchObject({
      code: 'RUN_CLOSED',
    });
    await letGo();
    expect((await stack.orchestrator.follow(holder.runId)).status).toBe('completed');
    expect(await order()).toEqual([]);
  });

  it('leave with the second Ctrl-C; the first one leaves their place', async () => {
    const holder = await start('started');
    const steady = await personWaits('steady', 1);
    steady.process.kill('SIGINT');
    const interrupted = await steady.ended();
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toContain('keeps its place in the queue');
    expect(interrupted.stderr).toContain(`leave    signalbox queue leave ${idIn(interrupted.stderr)}`);
    const fickle = await personWaits('fickle', 2);
    fickle.process.kill('SIGINT');
    await eventually(() => {
      expect(fickle.output().stderr).toContain('press Ctrl-C again');
    });
    fickle.process.kill('SIGINT');
    const left = await fickle.ended();
    expect(left.exitCode).toBe(130);
    expect(left.stderr).toContain('has left the queue');
    await letGo();
    expect((await stack.orchestrator.follow(holder.runId)).status).toBe('completed');
    await untilOver(idIn(interrupted.stderr));
    expect(await order()).toEqual(['steady']);
  }, 120_000);

  it(`are ${QUEUE_DEPTH} at most`, async () => {
    const holder = await start('started');
    const waiting = await start('queued', { workflow: 'note', onBusy: 'wait' });
    const queue = stack.client.workflow.getHandle(holder.temporalWorkflowId.replace('run.', 'queue.'));
    const others = Array.from({ length: QUEUE_DEPTH - 1 }, () => ({
      runId: randomUUID(),
      enteredAt: new Date().toISOString(),
    }));
    await Promise.all(others.map((entry) => queue.signal(QUEUE_MESSAGES.enterSignal, entry)));
    const refused = await stack.cli.run(['run', 'note', '--cwd', repository, '--on-busy', 'wait', '--json']);
    expect(refused.exitCode).toBe(75);
    expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false, error: { code: 'QUEUE_FULL' } });
    await letGo();
    expect(await stack.orchestrator.waitForTurn(waiting.runId)).toMatchObject({ kind: 'started' });
    expect((await stack.orchestrator.follow(waiting.runId)).status).toBe('completed');
  }, 120_000);

  it('get the environment that they came with', async () => {
    await appendFile(
      join(repository, '.archon', 'workflows', 'env.yaml'),
      chainOf('env', 'echo "$COLOUR" >> order'),
    );
    await start('started');
    const waiting = await start('queued', {
      workflow: 'env',
      onBusy: 'wait',
      environment: { PATH: process.env['PATH']!, COLOUR: 'green' },
    });
    await letGo();
    await stack.orchestrator.waitForTurn(waiting.runId);
    expect((await stack.orchestrator.follow(waiting.runId)).status).toBe('completed');
    expect(await order()).toEqual(['green']);
  });
});

/** The process of a part of the stack, as `ps` shows it. */
async function pidOf(name: string): Promise<number> {
  const { stdout } = await stack.cli.run(['ps', '--json']);
  const { parts } = JSON.parse(stdout) as { parts: { name: string; state: string; pid: number | null }[] };
  const part = parts.find((one) => one.name === name);
  if (part?.state !== 'running' || part.pid === null) throw new Error(stdout);
  return part.pid;
}

describe('a start that replaces', () => {
  it('begins when nothing of the holder is alive, however stubborn that is', async () => {
    const holder = await start('started', { workflow: 'stubborn', graceMs: 500 });
    const living = (): number[] => bornWith(`SIGNALBOX_RUN_ID=${holder.runId}`).filter(isAlive);
    await eventually(async () => {
      expect(await readFile(join(repository, 'pid'), 'utf8')).toMatch(/^\d+\n$/);
    });
    expect(living()).not.toEqual([]);
    const [left, right] = await Promise.all(
      ['a', 'b'].map((message) =>
        stack.orchestrator.start({ workflow: 'held', workingPath: repository, message, onBusy: 'replace' }),
      ),
    );
    const kinds = [left!.kind, right!.kind].sort();
    expect(kinds).toEqual(['busy', 'started']);
    const winner = [left!, right!].find((one) => one.kind === 'started') as Of<'started'>;
    const loser = [left!, right!].find((one) => one.kind === 'busy') as Of<'busy'>;
    expect(loser.holder.runId).toBe(winner.runId);
    const ended = await stack.orchestrator.follow(holder.runId);
    expect(ended).toMatchObject({ status: 'cancelled' });
    expect(ended.error?.message).toContain('replaced by run');
    expect(living()).toEqual([]);
    await letGo();
    expect((await stack.orchestrator.follow(winner.runId)).status).toBe('completed');
  }, 120_000);
});

describe('a start that attaches', () => {
  it('follows a holder that does the same work, and is refused by any other', async () => {
    const holder = await start('started', { message: 'same' });
    const attached = stack.cli.start(['run', 'held', 'same', '--cwd', repository, '--on-busy', 'attach']);
    await eventually(() => {
      expect(attached.output().stderr).toContain(
        `run ${holder.runId.slice(0, 8)} · ${repository} · runs already`,
      );
    }, PATIENCE_MS);
    await start('attached', { message: 'same', onBusy: 'attach' });
    await start('busy', { message: 'other', onBusy: 'attach' });
    await start('busy', { workflow: 'note', message: 'same', onBusy: 'attach' });
    await letGo();
    expect(await attached.ended()).toMatchObject({ exitCode: 0, stdout: 'held\n' });
  });
});
