import { describe, expect, it } from 'vitest';
import type { Orchestrator, ResumeOptions, ResumeResult } from '../../src/client/orchestrator.js';
import { RunError } from '../../src/core/errors.js';
import type { NodeId } from '../../src/core/ids.js';
import {
  aHolder,
  aRecord,
  BASE,
  endOf,
  event,
  EVENTS,
  RUN_ID,
  runFake,
  TEMPORAL_ID,
  type FakeWorld,
} from './fake-cli.js';

const RESUMED: ResumeResult = {
  kind: 'started',
  runId: RUN_ID,
  workflow: 'hello',
  workingPath: '/home/me/repo',
  temporalWorkflowId: TEMPORAL_ID,
  warnings: [],
  finishedNodes: ['build', 'test'] as NodeId[],
};
const OLD = event('node_completed', 'build');
const NEWS = [
  event('workflow_started', null),
  event('node_skipped_prior_success', 'build', { reason: 'prior_success' }),
  event('node_started', 'ship', { type: 'bash', signalbox: { attempt: 1 } }),
  event('node_completed', 'ship', { duration_ms: 1_234, node_output: 'shipped' }),
];

/** A run that ended, and what is asked about it. */
function worldOf(
  answer: ResumeResult | RunError,
  over: Partial<Orchestrator> = {},
): { world: FakeWorld; asked: ResumeOptions[]; followed: unknown[] } {
  const asked: ResumeOptions[] = [];
  const followed: unknown[] = [];
  const orchestrator: Partial<Orchestrator> = {
    find: () => Promise.resolve(aRecord({ workflowName: 'hello', status: 'failed' })),
    events: () => Promise.resolve([...EVENTS, OLD]),
    resume: (options) => {
      asked.push(options);
      return answer instanceof RunError ? Promise.reject(answer) : Promise.resolve(answer);
    },
    follow: (_, options) => {
      followed.push(options?.after);
      for (const one of NEWS) options?.onEvent?.(one);
      return Promise.resolve(endOf({ output: 'shipped' }));
    },
    ...over,
  };
  return { world: { orchestrator }, asked, followed };
}

describe('resume', () => {
  it.each([[['resume', '7c1f']], [['workflow', 'resume', '7c1f']]])(
    'follows the run from there on, and says what is kept: %j',
    async (argv) => {
      const { world, asked, followed } = worldOf(RESUMED);
      const result = await runFake(argv, world);
      expect(result).toMatchObject({ exitCode: 0, stdout: 'shipped\n' });
      expect(result.stderr).toMatch(/^✓ hello completed \(run 7c1f2a9e, /m);
      expect(result.stderr.split('\n').slice(0, 4)).toEqual([
        'hello · run 7c1f2a9e · /home/me/repo · resumed, skipping 2 already completed nodes: build, test',
        '[build] completed before; kept',
        '[ship] started',
        '[ship] completed (1.2s)',
      ]);
      const expected = { runId: RUN_ID, environment: { FOO: '1' }, startedBy: 'me@laptop', onBusy: 'fail' };
      expect(asked).toEqual([{ ...expected, startToken: RUN_ID }]);
      expect(followed).toEqual([OLD.id]);
    },
  );

  it('answers with one object', async () => {
    const { world } = worldOf(RESUMED);
    const { stdout } = await runFake(['resume', '7c1f', '--json'], world);
    expect(JSON.parse(stdout)).toEqual({
      ...{ ok: true, ...BASE, workingPath: '/home/me/repo', status: 'completed', output: 'shipped' },
      finishedNodes: ['build', 'test'],
    });
  });

  it('--detach returns as soon as the run goes on', async () => {
    const { world, followed } = worldOf(RESUMED);
    const result = await runFake(['resume', '7c1f', '-d'], world);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toBe(
      [
        'run 7c1f2a9e resumed, skipping 2 already completed nodes: build, test',
        '  follow   signalbox logs -f 7c1f2a9e',
        '  stop     signalbox cancel 7c1f2a9e\n',
      ].join('\n'),
    );
    expect(followed).toEqual([]);
  });

  it('names ten of many nodes, and says when there are none', async () => {
    const finishedNodes = Array.from({ length: 12 }, (_, index) => `n${index}` as NodeId);
    const many = await runFake(['resume', '7c1f', '-d'], worldOf({ ...RESUMED, finishedNodes }).world);
    expect(many.stdout).toMatch(/skipping 12 already completed nodes: n0, .*, n9 and 2 more\n/);
    const none = await runFake(['resume', '7c1f', '-d'], worldOf({ ...RESUMED, finishedNodes: [] }).world);
    expect(none.stdout).toContain('resumed, with nothing completed before\n');
    const one = worldOf({ ...RESUMED, finishedNodes: ['a' as NodeId] }).world;
    expect((await runFake(['resume', '7c1f', '-d'], one)).stdout).toContain('1 already completed node: a\n');
  });

  it('of a run that goes on already is refused with 75, naming it', async () => {
    const busy = { kind: 'busy', code: 'LEASE_HELD', holder: aHolder(), queueLength: 0 } as const;
    const plain = await runFake(['resume', '7c1f'], worldOf(busy).world);
    expect(plain).toMatchObject({ exitCode: 75, stdout: '' });
    expect(plain.stderr).toMatch(/^✖ \/home\/me\/repo is in use\n {2}by {7}run 7c1f2a9e {2}fix-issue/);
    expect(plain.stderr).not.toContain('wait');
    const { stdout } = await runFake(['resume', '7c1f', '--json'], worldOf(busy).world);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'LEASE_HELD' },
      holder: { runId: RUN_ID },
      ...BASE,
    });
  });

  it('of a run that has completed is refused', async () => {
    const error = new RunError('RUN_NOT_RESUMABLE', 'run 7c1f2a9e has completed', { runId: RUN_ID });
    const result = await runFake(['resume', '7c1f'], worldOf(error).world);
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: '✖ run 7c1f2a9e has completed (RUN_NOT_RESUMABLE)\n',
    });
    const { stdout } = await runFake(['resume', '7c1f', '--json'], worldOf(error).world);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, ...BASE, error: { code: 'RUN_NOT_RESUMABLE' } });
  });

  it('whose answer was lost says where to look', async () => {
    const details = { runId: RUN_ID, startToken: RUN_ID, mayHaveStarted: true };
    const error = new RunError('TEMPORAL_UNREACHABLE', 'Temporal does not answer', details);
    const result = await runFake(['resume', '7c1f'], worldOf(error).world);
    expect(result.exitCode).toBe(69);
    expect(result.stderr).toContain('\n  see      signalbox get 7c1f2a9e\n');
  });

  it('that fails again may be resumed again', async () => {
    const error = { code: 'RUN_FAILED', message: 'ship failed' } as const;
    const follow: Orchestrator['follow'] = (_, options) => {
      for (const one of NEWS) options?.onEvent?.(one);
      return Promise.resolve(endOf({ status: 'failed', error }));
    };
    const result = await runFake(['resume', '7c1f'], worldOf(RESUMED, { follow }).world);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/\n {2}resume {3}signalbox resume 7c1f2a9e\n$/);
  });

  it('that is interrupted goes on, and says how to follow it', async () => {
    const follow: Orchestrator['follow'] = (_, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
      });
    const { world } = worldOf(RESUMED, { follow });
    const result = await runFake(['resume', '7c1f'], {
      ...world,
      onListening: (interrupt) => void setTimeout(() => interrupt('SIGTERM'), 20),
    });
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toContain(
      'interrupted; run 7c1f2a9e goes on\n  follow   signalbox logs -f 7c1f2a9e',
    );
  });
});
