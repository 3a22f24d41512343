import { describe, expect, it } from 'vitest';
import type { RunDescription } from '../../src/contract/messages.js';
import { aDescription, aRecord, endOf, RUN_ID, runFake } from './fake-cli.js';

const aNode = (nodeId: string, facts: Partial<RunDescription['nodes'][number]>) =>
  ({ nodeId, kind: 'bash', status: 'running', attempt: 1, ...facts }) as const;

describe('cancel', () => {
  const cancelling = (
    end: Parameters<typeof endOf>[0] = { status: 'cancelled' },
    before: RunDescription | null = aDescription(),
  ) => {
    const asked: unknown[] = [];
    return {
      asked,
      orchestrator: {
        find: () => Promise.resolve(aRecord()),
        describe: () => Promise.resolve(before),
        cancel: (runId: typeof RUN_ID, request: object) => {
          asked.push(request);
          return Promise.resolve({ runId, isFirst: true });
        },
        follow: () => Promise.resolve(endOf(end)),
      },
      pause: (_: number, signal?: AbortSignal) =>
        new Promise<void>((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    };
  };

  it.each([['cancel'], ['abandon']])(
    '%s waits until the run has ended, and names what was stopped',
    async (word) => {
      const world = cancelling();
      const result = await runFake([word, '7c1f', '--reason', 'enough'], world);
      expect(world.asked).toEqual([{ by: 'me@laptop', reason: 'enough' }]);
      expect(result).toMatchObject({
        exitCode: 0,
        stdout: '✓ run 7c1f2a9e (fix-issue) cancelled; stopped: build (bash)\n',
      });
    },
  );

  it.each<[string, RunDescription['nodes'] | null, string]>([
    [
      'some of many nodes, and how many more',
      Array.from({ length: 200 }, (_, index) => aNode(`n${index}`, {})),
      'cancelled; stopped: n0 (bash), n1 (bash), n2 (bash), n3 (bash), n4 (bash) and 195 more\n',
    ],
    [
      'sub-runs at work',
      [
        aNode('each', {
          ...{ kind: 'workflow', status: 'delegating' },
          children: { total: 9, open: 2, waiting: 0, ended: 3 },
        }),
      ],
      'cancelled; stopped: each (workflow, 3 of 9 sub-runs done, 2 at work)\n',
    ],
    [
      'that nothing was running',
      [aNode('a', { status: 'completed' })],
      'cancelled; nothing of it was running\n',
    ],
    ['nothing about a run that did not answer', null, '(fix-issue) cancelled\n'],
  ])('says %s', async (_title, nodes, words) => {
    const world = cancelling({ status: 'cancelled' }, nodes && aDescription({ nodes }));
    const { stdout } = await runFake(['cancel', '7c1f'], world);
    expect(stdout.endsWith(words), stdout).toBe(true);
  });

  it('returns at once with --no-wait', async () => {
    const result = await runFake(['cancel', '7c1f', '--no-wait', '--json'], cancelling());
    expect(JSON.parse(result.stdout)).toMatchObject({ ok: true, runId: RUN_ID, status: 'cancelling' });
  });

  it('fails when the run ended otherwise', async () => {
    const result = await runFake(['cancel', '7c1f', '--json'], cancelling({ status: 'completed' }));
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({
      ok: false,
      status: 'completed',
      error: { code: 'RUN_CLOSED' },
    });
  });

  it('gives up on a run that does not end', async () => {
    const world = cancelling();
    const result = await runFake(['cancel', '7c1f'], {
      orchestrator: {
        ...world.orchestrator,
        follow: (_, options) =>
          new Promise((_resolve, reject) => {
            options?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
          }),
      },
      pause: () => Promise.resolve(),
    });
    expect(result.exitCode).toBe(75);
    expect(result.stderr).toContain('had not ended after 65 s');
  });
});
