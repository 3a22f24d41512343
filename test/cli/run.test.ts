import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Orchestrator, StartOptions } from '../../src/client/orchestrator.js';
import { RunError } from '../../src/core/errors.js';
import {
  BASE,
  BROKEN,
  event,
  EVENTS,
  HELLO,
  orchestratorOf,
  RUN_ID,
  runFake,
  started,
  TOKEN,
  useDirectory,
} from './fake-cli.js';

let directory: string;
useDirectory({ 'hello.yaml': HELLO, 'broken.yaml': BROKEN }, (made) => {
  directory = made;
});

describe('a run that completes', () => {
  it('shows each event on stderr and its result on stdout, and ends with 0', async () => {
    const result = await runFake(['run', 'hello', 'to', 'you'], {
      directory,
      orchestrator: orchestratorOf(EVENTS, { output: 'hello' }),
    });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'hello\n' });
    expect(result.stderr).toBe(
      [
        `hello · run 7c1f2a9e · ${directory}`,
        '[greet] started',
        '[greet] failed (12ms): exit code 3',
        '    no such file',
        '    really',
        '[greet] started (attempt 2)',
        '[greet] completed (1.2s)',
        "[late] skipped (when_condition: $greet.output == 'x')",
        '✓ hello completed (run 7c1f2a9e, 0ms)',
        '',
      ].join('\n'),
    );
  });

  it('is one object with --json', async () => {
    const result = await runFake(['run', 'hello', '--json'], {
      directory,
      orchestrator: orchestratorOf([], { output: 'hello' }),
    });
    expect(result.exitCode).toBe(0);
    expect(result.stdout.split('\n')).toHaveLength(2);
    expect(JSON.parse(result.stdout)).toEqual({
      ok: true,
      ...BASE,
      status: 'completed',
      workingPath: directory,
      output: 'hello',
    });
  });

  it('prints nothing on stdout when it has no result, and says where a large one is', async () => {
    const none = await runFake(['run', 'hello'], { directory, orchestrator: orchestratorOf([], {}) });
    expect(none.stdout).toBe('');
    const large = await runFake(['run', 'hello'], {
      directory,
      orchestrator: orchestratorOf([], { output: 'begin', outputPath: '/nonexistent/file' }),
    });
    expect(large.stdout).toBe('begin\n');
    expect(large.stderr).toContain(
      'only the beginning of the result is shown; the whole is in /nonexistent/file',
    );
  });
});

it('reads a large result from its file', async () => {
  const outputPath = `${directory}/output`;
  await writeFile(outputPath, 'begin and end');
  const world = { directory, orchestrator: orchestratorOf([], { output: 'begin', outputPath }) };
  const words = await runFake(['run', 'hello'], world);
  expect(words.stdout).toBe('begin and end\n');
  expect(words.stderr).not.toContain('only the beginning');
});

describe('what a start is asked for', () => {
  async function asked(...words: string[]): Promise<StartOptions> {
    const seen: StartOptions[] = [];
    await runFake(['run', ...words], {
      directory,
      orchestrator: {
        ...orchestratorOf([], {}),
        start: (options) => {
          seen.push(options);
          return Promise.resolve(started(options));
        },
      },
    });
    expect(seen).toHaveLength(1);
    return seen[0]!;
  }

  it('is what the files say, the place, the caller and its environment', async () => {
    expect(await asked('hello')).toEqual({
      workflow: expect.objectContaining({
        definition: expect.objectContaining({ name: 'hello' }),
        config: expect.objectContaining({ docsPath: 'docs/' }),
        library: {},
        source: null,
      }),
      workingPath: directory,
      isFolder: false,
      isolation: { isDefault: false },
      message: '',
      inputs: { who: 'world' },
      onBusy: 'fail',
      environment: { FOO: '1' },
      startedBy: 'me@laptop',
      graceMs: 5_000,
      heartbeatTimeoutMs: 300_000,
      runId: RUN_ID,
      startToken: TOKEN,
    });
  });

  it('has the words joined, and data in them left as it is', async () => {
    const words = ['$(rm', '-rf', '/)', `'"'`, '🚦', 'a=b'];
    expect(await asked('hello', '--', ...words)).toMatchObject({ message: words.join(' ') });
  });

  it.each([
    ['of more than 128 KiB', 'x'.repeat(70_000)],
    ['with a NUL byte', 'a\0b'],
  ])('is not a message %s', async (_, word) => {
    const result = await runFake(['run', 'hello', word, word, '--json'], { directory });
    expect(result.exitCode).toBe(64);
    expect(JSON.parse(result.stdout)).toMatchObject({ ok: false, error: { code: 'MESSAGE_INVALID' } });
  });

  it('has what the flags say', async () => {
    const options = await asked('hello', '-i', 'who=a=b', '--base', 'dev', '-b', 'x', '--from', 'main~1');
    expect(options).toMatchObject({ inputs: { who: 'a=b' }, baseBranch: 'dev' });
    expect(options.isolation).toEqual({ branch: 'x', from: 'main~1', isDefault: false });
    expect(await asked('hello', '--folder')).toMatchObject({ isFolder: true });
    expect(await asked('hello', '--no-worktree')).toMatchObject({ isolation: { worktree: false } });
    expect(await asked('hello', '--worktree')).toMatchObject({ isolation: { worktree: true } });
    const { isolation } = await asked('hello', '--from-branch', 'dev');
    expect(isolation).toMatchObject({ from: 'dev' });
  });

  it('is the same in the spelling of Archon', async () => {
    const seen: StartOptions[] = [];
    const start: Orchestrator['start'] = (options) => {
      seen.push(options);
      return Promise.resolve(started(options));
    };
    const result = await runFake(['workflow', 'run', 'hello', 'hi', '--no-worktree', '--on-busy', 'fail'], {
      directory,
      orchestrator: { ...orchestratorOf([], {}), start },
    });
    expect(result.exitCode).toBe(0);
    expect(seen).toMatchObject([{ message: 'hi', isolation: { worktree: false, isDefault: true } }]);
  });
});

describe('a run that does not complete', () => {
  it('fails with 1, the reason and where to look', async () => {
    const end = { status: 'failed', error: { code: 'NODE_FAILED', message: 'node greet failed' } } as const;
    const result = await runFake(['run', 'hello'], { directory, orchestrator: orchestratorOf(EVENTS, end) });
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('✖ node greet failed (NODE_FAILED)\n✖ hello failed (run 7c1f2a9e, 0ms)');
    expect(result.stderr).toContain('signalbox get 7c1f2a9e --verbose');
  });

  it('fails with 1 as JSON, too', async () => {
    const end = { status: 'cancelled', error: { code: 'RUN_CANCELLED', message: 'enough' } } as const;
    const result = await runFake(['run', 'hello', '--json'], {
      directory,
      orchestrator: orchestratorOf(EVENTS, end),
    });
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toEqual({
      ok: false,
      ...BASE,
      status: 'cancelled',
      workingPath: directory,
      output: null,
      error: { code: 'RUN_CANCELLED', message: 'enough' },
    });
  });

  it.each([
    ['PATH_HELD_BY_ARCHON', 75],
    ['PATH_STILL_OCCUPIED', 75],
    ['FENCED', 75],
    ['RUN_TABLE_UNREACHABLE', 69],
    ['WRONG_HOST', 1],
  ])('ends with the exit code of %s before a node has begun, with 1 after', async (code, exitCode) => {
    const end = { status: 'failed', error: { code, message: 'no' } } as const;
    const before = orchestratorOf([event('workflow_started', null)], end);
    expect((await runFake(['run', 'hello'], { directory, orchestrator: before })).exitCode).toBe(exitCode);
    const after = orchestratorOf(EVENTS, end);
    expect((await runFake(['run', 'hello'], { directory, orchestrator: after })).exitCode).toBe(1);
  });

  it("ends with 0 when a reviewer's reject ended it", async () => {
    const end = { status: 'cancelled', isRejected: true } as const;
    const result = await runFake(['run', 'hello'], { directory, orchestrator: orchestratorOf([], end) });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain("ended by a reviewer's reject");
  });
});

describe('a definition that is refused', () => {
  it('is one object with the fields of every answer about a run', async () => {
    const result = await runFake(['run', 'broken', '--json'], { directory });
    expect(result.exitCode).toBe(65);
    expect(JSON.parse(result.stdout)).toEqual({
      ok: false,
      runId: null,
      workflow: 'broken',
      status: null,
      workingPath: null,
      temporalWorkflowId: null,
      output: null,
      error: { code: 'DEFINITION_INVALID', message: 'workflow broken is refused: 1 error' },
      issues: [expect.objectContaining({ severity: 'error', file: expect.stringContaining('broken.yaml') })],
    });
  });
});

describe('a service that is away', () => {
  it('ends a start with 69 and the run id that may have started', async () => {
    const details = { address: 'host:7233', runId: RUN_ID, startToken: TOKEN, mayHaveStarted: true };
    const start: Orchestrator['start'] = () =>
      Promise.reject(new RunError('TEMPORAL_UNREACHABLE', 'Temporal at host:7233 does not answer', details));
    const world = { directory, orchestrator: { start } };
    const words = await runFake(['run', 'hello'], world);
    expect(words).toMatchObject({ exitCode: 69, stdout: '' });
    expect(words.stderr).toBe(
      '✖ Temporal at host:7233 does not answer (TEMPORAL_UNREACHABLE)\n  see      signalbox get 7c1f2a9e\n',
    );
    const json = await runFake(['run', 'hello', '--json'], world);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      runId: RUN_ID,
      workflow: 'hello',
      error: { code: 'TEMPORAL_UNREACHABLE', details },
    });
  });
});

describe('a run whose Temporal stays away while it is followed', () => {
  const world = () => {
    const lost = new RunError('TEMPORAL_UNREACHABLE', 'Temporal does not answer', { runId: RUN_ID });
    return { directory, orchestrator: { ...orchestratorOf([]), follow: () => Promise.reject(lost) } };
  };

  it('ends with 69 and how to follow or stop it', async () => {
    const result = await runFake(['run', 'hello'], world());
    expect(result.exitCode).toBe(69);
    expect(result.stderr).toContain(
      '✖ Temporal does not answer (TEMPORAL_UNREACHABLE)\n  follow   signalbox logs -f 7c1f2a9e\n  stop     signalbox cancel 7c1f2a9e\n',
    );
  });

  it('is one object with --json that says which run', async () => {
    const { stdout } = await runFake(['run', 'hello', '--json'], world());
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, ...BASE, error: { code: 'TEMPORAL_UNREACHABLE' } });
  });
});

describe('a detached run', () => {
  it('is started and left', async () => {
    const world = { directory, orchestrator: { start: (o: StartOptions) => Promise.resolve(started(o)) } };
    const words = await runFake(['run', 'hello', '--detach'], world);
    expect(words.exitCode).toBe(0);
    expect(words.stdout).toBe(
      `run 7c1f2a9e started: hello in ${directory}\n  follow   signalbox logs -f 7c1f2a9e\n  stop     signalbox cancel 7c1f2a9e\n`,
    );
    const json = await runFake(['run', 'hello', '-d', '--json'], world);
    expect(JSON.parse(json.stdout)).toEqual({
      ok: true,
      ...BASE,
      status: 'running',
      workingPath: directory,
      output: null,
    });
  });
});
