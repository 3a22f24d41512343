import { execFile } from 'node:child_process';
import { mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StartResult } from '../../src/client/orchestrator.js';
import { chainOf, makeRepository } from '../support/cli.js';
import { raiseLiveStack, type LiveStack } from '../support/live-stack.js';

const ROUNDS = 200;
const SECONDS = 1000;

let stack: LiveStack;
let repository: string;

beforeAll(async () => {
  stack = await raiseLiveStack();
  repository = await makeRepository({
    short: chainOf('short', 'true'),
    held: chainOf('held', 'read -r line < gate'),
    wait: chainOf('wait', 'sleep 100'),
  });
  await promisify(execFile)('mkfifo', [join(repository, 'gate')]);
}, 900 * SECONDS);

afterAll(async () => {
  await stack.remove();
  await rm(repository, { recursive: true, force: true });
});

type Started = Extract<StartResult, { kind: 'started' }>;

async function end({ runId }: Started): Promise<void> {
  const ended = await stack.orchestrator.follow(runId);
  expect(ended.status).toBe('completed');
}

describe('Temporal admits one run per working path', () => {
  it.each([2, 8, 32])(
    `of %i simultaneous starts exactly one begins, and the others name it, ${ROUNDS} times in a row`,
    async (starters) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const results = await Promise.all(
          Array.from({ length: starters }, () =>
            stack.orchestrator.start({ workflow: 'held', workingPath: repository }),
          ),
        );
        const winners = results.filter((result): result is Started => result.kind === 'started');
        expect(winners).toHaveLength(1);
        const [winner] = winners as [Started];
        const others = results.filter((result) => result !== winner);
        expect(others.map((other) => (other.kind === 'busy' ? other.holder.runId : other.kind))).toEqual(
          Array.from({ length: starters - 1 }, () => winner.runId),
        );
        await writeFile(join(repository, 'gate'), '\n');
        await end(winner);
      }
    },
    600 * SECONDS,
  );
});

describe('one directory is one working path, whatever it is called', () => {
  it('a symlink, dots, a trailing slash and a sub-directory all meet the same holder', async () => {
    await mkdir(join(repository, 'src', 'deep'), { recursive: true });
    const link = `${repository}-link`;
    await symlink(repository, link);
    const holder = (await stack.orchestrator.start({ workflow: 'wait', workingPath: repository })) as Started;
    expect(holder.kind).toBe('started');
    expect(holder.workingPath).toBe(await realpath(repository));
    const names = [
      link,
      `${link}/`,
      join(repository, 'src', 'deep'),
      `${repository}/src/../.`,
      `${repository}//`,
    ];
    for (const workingPath of names) {
      const result = await stack.orchestrator.start({ workflow: 'short', workingPath });
      expect(result, workingPath).toMatchObject({ kind: 'busy', holder: { runId: holder.runId } });
    }
    const folder = await stack.orchestrator.start({
      workflow: { file: 'other.yaml', text: chainOf('other', 'true') },
      workingPath: join(repository, 'src', 'deep'),
      isFolder: true,
    });
    expect(folder.kind).toBe('started');
    await end(folder as Started);
    await stack.orchestrator.cancel(holder.runId, { by: 'the test' });
    expect((await stack.orchestrator.follow(holder.runId)).status).toBe('cancelled');
    await rm(link);
  });
});

/** A way to Temporal that can lose what the server answers, and then break. */
class LossyProxy {
  #isLosing = false;
  readonly #sockets = new Set<Socket>();
  private constructor(private readonly server: Server) {}

  static async before(address: string): Promise<LossyProxy> {
    const [host, port] = address.split(':') as [string, string];
    const server = createServer();
    const proxy = new LossyProxy(server);
    server.on('connection', (client) => {
      const upstream = connect(Number(port), host);
      for (const socket of [client, upstream]) {
        proxy.#sockets.add(socket);
        socket.on('error', () => socket.destroy()).on('close', () => proxy.#sockets.delete(socket));
      }
      client.pipe(upstream);
      upstream.on('data', (data) => {
        if (!proxy.#isLosing) client.write(data);
      });
      upstream.on('close', () => client.destroy());
      client.on('close', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  loseAnswers(): void {
    this.#isLosing = true;
  }

  /** Breaks every connection; new ones work. */
  break(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#isLosing = false;
  }

  async close(): Promise<void> {
    this.break();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('a start whose answer is lost', () => {
  it('recognises its own run when the connection breaks', async () => {
    const proxy = await LossyProxy.before(stack.endpoints.temporal.address);
    const orchestrator = await stack.connect(proxy.address);
    proxy.loseAnswers();
    const starting = orchestrator.start({ workflow: 'wait', workingPath: repository });
    await holderAppears();
    proxy.break();
    const result = (await starting) as Started;
    expect(result.kind).toBe('started');
    await cancelHolder(result);
    await proxy.close();
  });

  it('recognises its own run after the deadline of the call', async () => {
    const proxy = await LossyProxy.before(stack.endpoints.temporal.address);
    const orchestrator = await stack.connect(proxy.address);
    proxy.loseAnswers();
    const starting = orchestrator.start({ workflow: 'wait', workingPath: repository });
    const healed = new Promise<void>((resolve) => {
      setTimeout(() => {
        proxy.break();
        resolve();
      }, 4 * SECONDS);
    });
    const result = (await starting) as Started;
    await healed;
    expect(result.kind).toBe('started');
    await cancelHolder(result);
    await proxy.close();
  });

  it('says, within ten seconds, that the run may have started when nothing answers at all', async () => {
    const proxy = await LossyProxy.before(stack.endpoints.temporal.address);
    const orchestrator = await stack.connect(proxy.address);
    proxy.loseAnswers();
    const begun = Date.now();
    const failure: unknown = await orchestrator
      .start({ workflow: 'wait', workingPath: repository })
      .catch((error: unknown) => error);
    expect(Date.now() - begun).toBeLessThan(10 * SECONDS);
    expect(failure).toMatchObject({ code: 'TEMPORAL_UNREACHABLE', details: { mayHaveStarted: true } });
    const { runId, startToken } = (failure as { details: { runId: string; startToken: string } }).details;
    const again = await stack.orchestrator.start({
      workflow: 'wait',
      workingPath: repository,
      runId,
      startToken,
    });
    expect(again).toMatchObject({ kind: 'started', runId });
    await cancelHolder(again as Started);
    await proxy.close();
  });
});

/** Waits, by being refused, until somebody holds the path. */
async function holderAppears(): Promise<void> {
  for (;;) {
    const { runs } = await stack.orchestrator.list({ workingPath: null, statuses: ['running'], limit: 5 });
    if (runs.length > 0) return;
  }
}

async function cancelHolder({ runId }: Started): Promise<void> {
  await expect
    .poll(() => stack.orchestrator.cancel(runId, {}).then(() => 'cancelled', String), {
      timeout: 30 * SECONDS,
    })
    .toBe('cancelled');
  expect((await stack.orchestrator.follow(runId)).status).toBe('cancelled');
}
