import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NodeId, RunId } from '../../src/core/ids.js';
import type { AttemptResult, AttemptTask, ScriptTask, ShellTask } from '../../src/core/run/task.js';

/** Programs that are understood by what is under test. */
export interface TestPrograms {
  says(stdout: string, stderr?: string): string;
  fails(exitCode: number, stderr?: string): string;
  /** Runs until it is ended. */
  waits(): string;
}

export interface AttemptHarness {
  /** Runs a program as one attempt. */
  run(program: string, task: AttemptTask, signal: AbortSignal): Promise<AttemptResult>;
  readonly programs: TestPrograms;
  /** The run whose box is open. */
  readonly runId: string;
  /** A directory that exists. */
  readonly directory: string;
  /** Settles when a program that waits is under way. */
  waiting(): Promise<void>;
}

function anAttempt(over: Partial<AttemptTask>): AttemptTask {
  return {
    runId: randomUUID() as RunId,
    nodeId: 'build' as NodeId,
    attempt: 1,
    attemptId: 'build.1',
    workingPath: '/',
    artifactsDir: '/nowhere',
    scope: { variables: {}, inputs: {}, nodes: {} },
    environment: {},
    hasClientEnvironment: false,
    timeoutMs: 60_000,
    graceMs: 5_000,
    fieldsRead: [],
    ...over,
  };
}

export function aShellTask(script: string, over: Partial<ShellTask> = {}): ShellTask {
  return { script: { kind: 'inline', text: script }, ...anAttempt(over) };
}

export function aScriptTask(text: string, over: Partial<ScriptTask> = {}): ScriptTask {
  const source = { kind: 'inline', text: { kind: 'inline', text } } as const;
  return { source, runtime: 'bun', deps: [], ...anAttempt(over) };
}

/** What every attempt of a node is, whatever runs it. @param noun what people call the node */
export function attemptContract(
  kind: string,
  noun: string,
  makeHarness: () => Promise<AttemptHarness>,
): void {
  describe(`${kind} keep the contract of an attempt`, () => {
    let harness: AttemptHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });

    const run = (program: string, over: Partial<AttemptTask> = {}, signal = new AbortController().signal) => {
      const { runId, directory } = harness;
      const place = { runId: runId as RunId, workingPath: directory, artifactsDir: directory };
      return harness.run(program, anAttempt({ ...place, ...over }), signal);
    };
    const textOf = (result: AttemptResult) => (result.kind === 'completed' ? result.output.text : null);

    it.each([
      ['hello\n', 'hello'],
      ['hello', 'hello'],
      ['two\n\n', 'two\n'],
      ['\n', ''],
      ['', ''],
      [' kept \r\n', ' kept \r'],
    ])('gives out %j as %j', async (stdout, text) => {
      expect(textOf(await run(harness.programs.says(stdout)))).toEqual({ kind: 'inline', text });
    });

    it('tells what was said on standard error, and how long it took', async () => {
      const result = await run(harness.programs.says('', 'careful\n'));
      expect(result).toMatchObject({ kind: 'completed', stderr: 'careful' });
      expect(Number.isSafeInteger(result.durationMs)).toBe(true);
    });

    it.each([16 * 1024, 16 * 1024 + 1])(
      'gives out %i bytes inline up to 16 KiB, else in a file',
      async (bytes) => {
        const text = textOf(await run(harness.programs.says('x'.repeat(bytes))));
        if (bytes === 16 * 1024) expect(text).toEqual({ kind: 'inline', text: 'x'.repeat(bytes) });
        else {
          const sha256 = createHash('sha256').update('x'.repeat(bytes)).digest('hex');
          expect(text).toMatchObject({ kind: 'file', bytes, sha256, excerpt: 'x'.repeat(2_000) });
          expect(text?.kind === 'file' && readFileSync(text.path, 'utf8')).toBe('x'.repeat(bytes));
        }
      },
    );

    it('gives out the fields that are read, and no others', async () => {
      const script = harness.programs.says('{"answer": 42, "ready": true, "name": "x", "other": 1}');
      const result = await run(script, { fieldsRead: ['answer', 'ready', 'name', 'missing'] });
      expect(result).toMatchObject({
        output: {
          fields: {
            answer: { type: 'number', text: { kind: 'inline', text: '42' } },
            ready: { type: 'boolean', text: { kind: 'inline', text: 'true' } },
            name: { type: 'string', text: { kind: 'inline', text: 'x' } },
          },
        },
      });
      expect(result.kind === 'completed' && Object.keys(result.output.fields ?? {})).toHaveLength(3);
    });

    it('has no fields of an output that is no JSON object', async () => {
      const result = await run(harness.programs.says('[1]'), { fieldsRead: ['answer'] });
      expect(result).toMatchObject({ kind: 'completed', output: { fields: null } });
    });

    it('tells a failure with exit code and standard error', async () => {
      expect(await run(harness.programs.fails(3, 'no such thing\n'))).toMatchObject({
        kind: 'failed',
        failure: { code: 'NODE_FAILED', message: `${noun} 'build' failed [exit 3]: no such thing` },
      });
    });

    it('tells a failure without a word', async () => {
      expect(await run(harness.programs.fails(1))).toMatchObject({
        failure: { code: 'NODE_FAILED', message: `${noun} 'build' failed [exit 1]: no diagnostic output` },
      });
    });

    it('ends an attempt whose time is over', async () => {
      expect(await run(harness.programs.waits(), { timeoutMs: 50, graceMs: 0 })).toMatchObject({
        kind: 'failed',
        failure: { code: 'NODE_TIMED_OUT', message: `${noun} 'build' timed out after 50ms` },
      });
    });

    it('ends an attempt when told to, and throws the reason', async () => {
      const controller = new AbortController();
      const reason = new Error('cancelled by an operator');
      const running = run(harness.programs.waits(), { graceMs: 0 }, controller.signal);
      await harness.waiting();
      controller.abort(reason);
      await expect(running).rejects.toBe(reason);
    });

    it('starts nothing when told to end before', async () => {
      const reason = new Error('too late');
      await expect(run(harness.programs.waits(), {}, AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
}
