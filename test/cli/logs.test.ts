import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunError } from '../../src/core/errors.js';
import type { RunRecord } from '../../src/ports/run-table.js';
import { aRecord, endOf, event, EVENTS, RUN_ID, runFake } from './fake-cli.js';

describe('logs', () => {
  let outputRoot: string;
  const write = async (attempt: string, stream: string, text: string): Promise<void> => {
    const directory = join(outputRoot, 'artifacts', 'runs', RUN_ID, '.signalbox', 'attempts', attempt);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, stream), text);
  };
  beforeAll(async () => {
    outputRoot = await mkdtemp(join(tmpdir(), 'signalbox-logs-'));
    await write('greet.1', 'stdout', 'first try');
    await write('greet.1', 'stderr', 'no such file\n');
    await write('greet.2', 'stdout', 'hello\n');
  });
  afterAll(() => rm(outputRoot, { recursive: true, force: true }));

  const world = (facts: Partial<RunRecord> = {}) => ({
    orchestrator: {
      find: () => Promise.resolve(aRecord({ outputRoot, status: 'completed', ...facts })),
      events: () => Promise.resolve(EVENTS),
      follow: () => Promise.resolve(endOf()),
    },
  });

  it('writes what nodes wrote to the same streams, under headers', async () => {
    const result = await runFake(['logs', '7c1f'], world());
    expect(result).toMatchObject({ exitCode: 0, stdout: 'first tryhello\n' });
    expect(result.stderr).toBe('── greet ──\nno such file\n── greet (attempt 2) ──\n');
  });

  it.each(['-f', '--follow'])('%s goes on until the run ends', async (flag) => {
    const result = await runFake(['logs', flag, '7c1f'], world({ status: 'running' }));
    expect(result).toMatchObject({ exitCode: 0, stdout: 'first tryhello\n' });
    expect(result.stderr).toMatch(/✓ fix-issue completed \(run 7c1f2a9e\)\n$/);
  });

  it('-f tells whom it asks, what failed, and how the run ended', async () => {
    const { orchestrator } = world({ status: 'running' });
    const events = [...EVENTS, event('approval_requested', 'review', { message: 'Ship it?' })];
    const end = endOf({ status: 'failed', error: { code: 'RUN_FAILED', message: 'no disk' } });
    const result = await runFake(['logs', '-f', '7c1f'], {
      orchestrator: {
        ...orchestrator,
        events: (_, after) => Promise.resolve(after === undefined ? events : []),
        follow: () => Promise.resolve(end),
      },
    });
    expect(result.stderr).toContain('[greet] failed (12ms): exit code 3\n    no such file\n');
    expect(result.stderr).toContain('[review] waiting: Ship it?\n');
    expect(result.stderr).toContain(
      '✖ no disk (RUN_FAILED)\n✖ fix-issue failed (run 7c1f2a9e)\n  see      signalbox get 7c1f2a9e --verbose\n',
    );
    expect(result.exitCode).toBe(0);
  });

  it('of loops are told by node, iteration and attempt', async () => {
    const directory = join(outputRoot, 'artifacts', 'runs', RUN_ID, '.signalbox', 'attempts');
    await write('group.2.inner.1.build.1', 'stdout', 'in a body\n');
    await write('group.2.fix.3', 'stdout', 'third\n');
    await write('group.2.~until.1', 'stderr', 'not yet\n');
    const { stderr } = await runFake(['logs', '7c1f'], world());
    expect(stderr).toContain('── group.inner.build (iteration 2.1) ──\n');
    expect(stderr).toContain('── group.fix (iteration 2, attempt 3) ──\n');
    expect(stderr).toContain('── group until_bash (iteration 2) ──\nnot yet\n');
    for (const made of ['group.2.inner.1.build.1', 'group.2.fix.3', 'group.2.~until.1']) {
      await rm(join(directory, made), { recursive: true });
    }
  });

  it('tells with -f and --json how the run stands when it has ended', async () => {
    const { orchestrator } = world();
    const statuses = ['running', 'cancelled'] as const;
    let asked = 0;
    const find = () => Promise.resolve(aRecord({ outputRoot, status: statuses[asked++] ?? 'cancelled' }));
    const { stdout } = await runFake(['logs', '-f', '7c1f', '--json'], {
      orchestrator: { ...orchestrator, find },
    });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, status: 'cancelled' });
  });

  it('is one object with --json', async () => {
    const { stdout, stderr } = await runFake(['logs', '7c1f', '--json'], world());
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      runId: RUN_ID,
      logs: [
        { node: 'greet', stream: 'stdout', text: 'first try' },
        { node: 'greet', stream: 'stderr', text: 'no such file\n' },
        { node: 'greet (attempt 2)', stream: 'stdout', text: 'hello\n' },
      ],
    });
  });

  it('-f ends with 69 when the way to Temporal is lost, having shown what there was', async () => {
    const lost = new RunError('TEMPORAL_UNREACHABLE', 'Temporal at host:7233 does not answer');
    const { orchestrator } = world({ status: 'running' });
    const away = { orchestrator: { ...orchestrator, follow: () => Promise.reject(lost) } };
    const result = await runFake(['logs', '-f', '7c1f'], away);
    expect(result).toMatchObject({ exitCode: 69, stdout: 'first tryhello\n' });
    expect(result.stderr).toContain('✖ Temporal at host:7233 does not answer (TEMPORAL_UNREACHABLE)\n');
    const { stdout } = await runFake(['logs', '-f', '7c1f', '--json'], away);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      runId: RUN_ID,
      status: 'running',
      error: { code: 'TEMPORAL_UNREACHABLE' },
    });
  });

  it('of a run that wrote nothing, or that signalbox did not run', async () => {
    const nothing = await runFake(['logs', '7c1f'], world({ outputRoot: '/nonexistent' }));
    expect(nothing).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    const foreign = await runFake(['logs', '7c1f'], world({ outputRoot: null }));
    expect(foreign.exitCode).toBe(64);
  });
});
