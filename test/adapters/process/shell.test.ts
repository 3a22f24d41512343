import { attemptId, checkId } from '../../../src/contract/workflow-id.js';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NodeId } from '../../../src/core/ids.js';
import { RunError } from '../../../src/core/errors.js';
import type { Scope, ShellTask } from '../../../src/core/run/task.js';
import type { Box } from '../../../src/ports/box.js';
import { makeFakeBox } from '../../support/fake-box.js';
import { eventually } from '../../support/eventually.js';
import { openTestShell, WORKER_ENVIRONMENT, type TestShell } from './open-test-shell.js';

const NO_SCOPE: Scope = { variables: {}, inputs: {}, nodes: {} };

describe('the shell of bash nodes', () => {
  let test: TestShell;
  beforeEach(async () => {
    test = await openTestShell();
  });

  const says = async (script: string, over: Partial<ShellTask> = {}): Promise<string> => {
    const result = await test.run(script, over);
    if (result.kind === 'failed') throw new Error(result.failure.message);
    return result.output.text.kind === 'inline' ? result.output.text.text : result.output.text.path;
  };
  const failure = async (script: string, over: Partial<ShellTask> = {}) => {
    const result = await test.run(script, over);
    if (result.kind === 'completed') throw new Error(`completed: ${JSON.stringify(result.output)}`);
    return result.failure;
  };

  describe('where a script runs', () => {
    it('is the working path, with nothing to read', async () => {
      expect(await says('pwd; cat')).toBe(test.workingPath);
    });

    it('has its files closed to others', async () => {
      await test.run('true');
      expect(statSync(test.file('.')).mode & 0o777).toBe(0o700);
      for (const name of ['script', 'stdout', 'stderr']) {
        expect(statSync(test.file(name)).mode & 0o777).toBe(0o600);
      }
    });

    it('has none of the files of an earlier try', async () => {
      await test.run('echo first; echo first >&2');
      writeFileSync(test.file('output'), 'left over');
      expect(await says('echo second')).toBe('second');
      expect(readdirSync(test.file('.')).sort()).toEqual(['script', 'stderr', 'stdout']);
      expect(readFileSync(test.file('stderr'), 'utf8')).toBe('');
    });

    it('is a directory of its own for each of many attempts at once', async () => {
      const attempts = Array.from({ length: 12 }, (_, index) => `node-${index}.1`);
      const said = attempts.map((attemptId) => says(`echo ${attemptId}; sleep 0.0$RANDOM`, { attemptId }));
      expect(await Promise.all(said)).toEqual(attempts);
    });
  });

  describe('the environment of a script', () => {
    const VARIABLES = 'echo "$WHO|$ONLY_CLIENT|$ARGUMENTS|$SIGNALBOX_RUN_ID|$SIGNALBOX_ATTEMPT"';

    it('is the worker’s, under the variables of the language and the markers', async () => {
      const environment = { ARGUMENTS: 'fix $(it) "now"', SIGNALBOX_ATTEMPT: 'forged' };
      expect(await says(VARIABLES, { environment })).toBe(`worker||fix $(it) "now"|${test.runId}|build.1`);
    });

    it('is the client’s instead where it left one', async () => {
      const owner = { temporalNamespaceId: 'a-namespace', temporalWorkflowId: 'run.any' };
      const left = { WHO: 'client', ONLY_CLIENT: 'a\nb', PATH: '/usr/bin:/bin' };
      await test.environment.save(test.runId, left, owner);
      expect(await says(VARIABLES, { hasClientEnvironment: true })).toBe(
        `client|a\nb||${test.runId}|build.1`,
      );
      expect(await says('echo "${HOME-unset}"', { hasClientEnvironment: true })).toBe('unset');
    });

    it('fails the node when it was left and is gone', async () => {
      expect(await failure('true', { hasClientEnvironment: true })).toEqual({
        code: 'ENVIRONMENT_UNREADABLE',
        message: `Bash node 'build' failed before execution: the environment that its client left for run ${test.runId} is gone from this host; resume the run from a terminal, which leaves it anew`,
      });
      expect(existsSync(test.file('.'))).toBe(false);
    });

    it('holds a value of almost 128 KiB, and fails the node above', async () => {
      const fits = 'x'.repeat(128 * 1024 - 'BIG='.length - 1);
      expect(await says('echo ${#BIG}', { environment: { BIG: fits } })).toBe(String(fits.length));
      expect(await failure('true', { environment: { BIG: `${fits}x` } })).toMatchObject({
        code: 'NODE_UNSTARTABLE',
        message: expect.stringContaining(
          "Bash node 'build': the command cannot be started: its arguments and",
        ),
      });
    });
  });

  describe('the text of a script', () => {
    it('is found by its digest', async () => {
      test.texts.set('abc', 'echo stored');
      expect(await says('', { script: { kind: 'stored', sha256: 'abc', bytes: 11 } })).toBe('stored');
    });

    it('fails the node when it is not stored', async () => {
      expect(await failure('', { script: { kind: 'stored', sha256: 'abc', bytes: 11 } })).toMatchObject({
        code: 'TEXT_NOT_STORED',
      });
    });

    it('may be larger than an argument may be', async () => {
      expect(await says(`x='${'a'.repeat(1024 * 1024)}'; echo \${#x}`)).toBe(String(1024 * 1024));
    });

    it('has its references replaced, and no value becomes code', async () => {
      const text = `'; touch hacked; echo "$(id)" \`id\` \\`;
      const output = { text: { kind: 'inline', text }, fields: null } as const;
      const scope: Scope = { ...NO_SCOPE, nodes: { ['a' as NodeId]: { state: 'completed', output } } };
      expect(await says('printf %s $a.output', { scope })).toBe(text);
      expect(existsSync(join(test.workingPath, 'hacked'))).toBe(false);
    });

    it('fails the node before anything runs when a reference has no value', async () => {
      const scope: Scope = { ...NO_SCOPE, nodes: { ['a' as NodeId]: { state: 'failed' } } };
      expect(await failure('touch ran; echo $a.output', { scope })).toMatchObject({
        code: 'REFERENCE_UNRESOLVED',
        message: expect.stringMatching(
          /^Bash node 'build' failed before execution: '\$a\.output' has no value/,
        ),
      });
      expect(existsSync(join(test.workingPath, 'ran'))).toBe(false);
    });
  });

  describe('a failure', () => {
    it('tells the signal that ended the shell', async () => {
      expect(await failure('kill -KILL $$')).toEqual({
        code: 'NODE_FAILED',
        message: "Bash node 'build' failed [signal SIGKILL]: no diagnostic output",
      });
    });

    it('tells the end of standard error, and nothing of the script', async () => {
      const script = 'secret=hunter2\nfor i in {1..5000}; do printf "line $i ä\\n" >&2; done\nexit 9';
      const { message } = await failure(script);
      const [, diagnostic = ''] = /^Bash node 'build' failed \[exit 9\]: ([^]*)$/.exec(message) ?? [];
      expect(diagnostic).toHaveLength(2_000);
      expect(diagnostic.endsWith('line 4999 ä\nline 5000 ä')).toBe(true);
      expect(message).not.toContain('hunter2');
    });

    it('shows no half characters where standard error is cut', async () => {
      const { message } = await failure(`printf '🚂%.0s' {1..3000} >&2; exit 1`);
      expect(() => encodeURIComponent(message)).not.toThrow();
      expect(message).not.toContain('\uFFFD');
    });

    it.each([
      ['a syntax error', 'if then', /\[exit 2\]: .*syntax error/],
      ['a command that is missing', 'no-such-command', /\[exit 127\]: .*no-such-command: command not found$/],
    ])('is told for %s', async (_, script, message) => {
      expect((await failure(script)).message).toMatch(message);
    });

    it('of the working path names it', async () => {
      expect(await failure('true', { workingPath: join(test.workingPath, 'gone') })).toMatchObject({
        code: 'NODE_UNSTARTABLE',
        message: expect.stringContaining(`the directory ${test.workingPath}/gone is gone`),
      });
    });

    it('to write the script names the place', async () => {
      writeFileSync(join(test.artifactsDir, '.signalbox'), 'in the way');
      expect(await failure('true')).toMatchObject({
        code: 'NODE_UNSTARTABLE',
        message: expect.stringMatching(/its script cannot be written: .*\.signalbox/),
      });
    });

    it('to find the output says so', async () => {
      expect(
        await failure('rm -r "$OLD/.signalbox"', { environment: { OLD: test.artifactsDir } }),
      ).toMatchObject({
        code: 'NODE_FAILED',
        message: expect.stringContaining('ended, but its output cannot be kept: ENOENT'),
      });
    });

    it('does not come of the id that a node of any name, or the check of a loop, is given', async () => {
      const ids = [
        attemptId('build the thing' as NodeId, 1),
        attemptId('x'.repeat(100) as NodeId, 1, [{ nodeId: 'y'.repeat(100) as NodeId, iteration: 1000 }]),
        checkId([{ nodeId: 'loop' as NodeId, iteration: 1 }]),
      ];
      for (const attemptId of ids) expect(await says('echo ok', { attemptId })).toBe('ok');
    });

    it('to name a directory after the attempt is one', async () => {
      expect(await failure('true', { attemptId: '../../escape' })).toMatchObject({ code: 'INTERNAL' });
    });

    it('comes of a worker without bash', async () => {
      const { PATH, ...rest } = WORKER_ENVIRONMENT;
      const none = await openTestShell({ workerEnvironment: { ...rest, PATH: `/nowhere:relative:.` } });
      expect(await none.run('true')).toMatchObject({
        failure: { code: 'NODE_UNSTARTABLE', message: expect.stringContaining('there is no bash on') },
      });
      const wrong = await openTestShell({ bashPath: '/etc/passwd' });
      expect(await wrong.run('true')).toMatchObject({
        failure: {
          code: 'NODE_UNSTARTABLE',
          message: expect.stringContaining('SIGNALBOX_BASH names /etc/passwd'),
        },
      });
      expect(PATH).toContain('/bin');
    });
  });

  describe('the end of an attempt', () => {
    const DAEMONS = 'sleep 1000 & setsid sleep 1000 & (trap "" TERM; sleep 1000) & touch up; wait';
    const up = () => eventually(() => expect(test.living().length).toBeGreaterThanOrEqual(4));

    it('comes with its shell, whatever its children hold open; they live on in the box', async () => {
      expect(await says('sleep 1000 & echo $!')).toMatch(/^\d+$/);
      expect(test.living()).toHaveLength(1);
    });

    it('by timeout ends its children too', async () => {
      const result = await failure(DAEMONS, { timeoutMs: 500, graceMs: 50 });
      expect(result.code).toBe('NODE_TIMED_OUT');
      expect(test.living()).toEqual([]);
    });

    it('by cancellation is told when everything is gone', async () => {
      const controller = new AbortController();
      const running = test.run(DAEMONS, { graceMs: 50 }, controller.signal);
      await up();
      controller.abort(new RunError('RUN_CANCELLED', 'by an operator'));
      await expect(running).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
      expect(test.living()).toEqual([]);
    });

    it('by cancellation comes at any moment of its beginning', async () => {
      for (let moment = 0; moment < 12; moment += 1) {
        const controller = new AbortController();
        const running = test.run('sleep 1000', {}, controller.signal);
        await Promise.all([
          expect(running).rejects.toThrow('stop'),
          new Promise((resolve) => setTimeout(resolve, moment)).then(() =>
            controller.abort(new Error('stop')),
          ),
        ]);
        expect(test.living()).toEqual([]);
      }
    });

    it('by cancellation during a timeout is a cancellation', async () => {
      const controller = new AbortController();
      const script = `trap 'touch asked; sleep 0.3' TERM; sleep 1000 & wait; wait`;
      const running = test.run(script, { timeoutMs: 200 }, controller.signal);
      await eventually(() => expect(existsSync(join(test.workingPath, 'asked'))).toBe(true));
      controller.abort(new Error('stop'));
      await expect(running).rejects.toThrow('stop');
    });

    it('leaves other attempts of the run alone', async () => {
      const controller = new AbortController();
      const stopped = test.run('sleep 1000', { attemptId: 'a.1' }, controller.signal);
      const other = test.run('until [ -e go ]; do sleep 0.01; done; echo done', { attemptId: 'a.11' });
      await eventually(() => expect(test.living().length).toBeGreaterThanOrEqual(2));
      controller.abort(new Error('stop'));
      await expect(stopped).rejects.toThrow('stop');
      writeFileSync(join(test.workingPath, 'go'), '');
      expect(await other).toMatchObject({ kind: 'completed', output: { text: { text: 'done' } } });
    });

    it('does not come early with a timeout longer than a timer can be', async () => {
      expect(await says('sleep 0.1; echo done', { timeoutMs: 2 ** 31 + 5 })).toBe('done');
    });

    it('is not claimed while processes resist', async () => {
      const refusal = new RunError('PATH_STILL_OCCUPIED', 'still alive: 1 (root) init');
      const box: Box = {
        ...makeFakeBox(),
        enter: () => new Promise(() => undefined),
        stopAttempt: () => Promise.reject(refusal),
      };
      const stuck = await openTestShell({ box });
      expect(await stuck.run('true', { timeoutMs: 1 })).toMatchObject({
        failure: { code: 'PATH_STILL_OCCUPIED', message: "Bash node 'build': still alive: 1 (root) init" },
      });
      const controller = new AbortController();
      const running = stuck.run('true', {}, controller.signal);
      controller.abort(new Error('stop'));
      await expect(running).rejects.toThrow(/stop|still alive/);
    });
  });
});

describe('outputs of bash nodes', () => {
  let test: TestShell;
  beforeEach(async () => {
    test = await openTestShell();
  });

  const outputOf = async (script: string, over: Partial<ShellTask> = {}) => {
    const result = await test.run(script, over);
    if (result.kind === 'failed') throw new Error(result.failure.message);
    return result.output;
  };
  const decoded = (path: string): Buffer =>
    Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(readFileSync(path)));
  const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

  it.each<[string, string, string]>([
    ['bytes that are no UTF-8', String.raw`printf 'a\xff\xfeb\xc3'`, 'a\uFFFD\uFFFDb\uFFFD'],
    ['a byte order mark', String.raw`printf '\xef\xbb\xbfa'`, '\uFEFFa'],
    ['NUL bytes', String.raw`printf 'a\0b'`, 'a\0b'],
    ['characters of every length', "printf 'aä€🚂'", 'aä€🚂'],
  ])('keep %s', async (_, script, text) => {
    expect((await outputOf(script)).text).toEqual({ kind: 'inline', text });
  });

  it('are measured as the text that they become', async () => {
    const { text } = await outputOf(String.raw`head -c 10000 /dev/zero | tr '\0' '\377'`);
    expect(text).toMatchObject({ kind: 'file', bytes: 30_000, excerpt: '\uFFFD'.repeat(2_000) });
    expect(readFileSync(text.kind === 'file' ? text.path : '', 'utf8')).toBe('\uFFFD'.repeat(10_000));
  });

  it('of 50 MB without a newline arrive whole, whatever their bytes', async () => {
    const { text } = await outputOf('head -c 50000000 /dev/urandom');
    const expected = decoded(test.file('stdout'));
    expect(text).toMatchObject({ kind: 'file', bytes: expected.length, sha256: sha256(expected) });
    expect(sha256(readFileSync(test.file('output')))).toBe(sha256(expected));
  });

  it('cut no character in half, neither in the file nor in the excerpt', async () => {
    const { text } = await outputOf(`printf x; printf '🚂%.0s' {1..200000}`);
    expect(text).toMatchObject({ kind: 'file', bytes: 800_001, excerpt: `x${'🚂'.repeat(999)}` });
    expect(readFileSync(test.file('output'), 'utf8')).toBe(`x${'🚂'.repeat(200_000)}`);
  });

  it('in a file stay what they were, though a child writes on', async () => {
    const { text } = await outputOf(
      `head -c 20000 /dev/zero | tr '\\0' x; (while :; do echo later; sleep 0.001; done) & true`,
    );
    await eventually(() => expect(readFileSync(test.file('stdout'), 'utf8')).toContain('later\nlater\n'));
    const path = text.kind === 'file' ? text.path : '';
    expect(text).toMatchObject({ sha256: sha256(readFileSync(path)) });
  });

  it('of 16 MiB reach another script intact', async () => {
    const line = String.raw`it''s "$HOME" \`id\` \\ $(id) ä€🚂 %s ! # ; & | < > * ? [x] {a,b} ~`;
    writeFileSync(
      join(test.workingPath, 'big'),
      `${line}\n`.repeat(Math.ceil((16 << 20) / (line.length + 6))),
    );
    const output = await outputOf('cat big');
    expect(output.text.kind === 'file' && output.text.bytes).toBeGreaterThanOrEqual(16 << 20);
    const scope: Scope = { ...NO_SCOPE, nodes: { ['a' as NodeId]: { state: 'completed', output } } };
    const attemptId = 'other.1';
    const copied = await outputOf(`printf '%s\\n' $a.output > copy`, { scope, attemptId });
    expect(copied.text).toEqual({ kind: 'inline', text: '' });
    const read = (name: string): Buffer => readFileSync(join(test.workingPath, name));
    expect(read('copy').equals(read('big'))).toBe(true);
  });

  it('have their fields read on the host, large ones into files', async () => {
    const object = { id: 7, body: 'x'.repeat(20_000), list: [1, { a: 2 }], none: null, __proto__x: 'y' };
    writeFileSync(join(test.workingPath, 'object.json'), JSON.stringify(object));
    const { text, fields } = await outputOf('cat object.json', {
      fieldsRead: ['body', 'id', 'list', 'none', 'missing'],
    });
    expect(text.kind).toBe('file');
    expect(fields).toMatchObject({
      id: { type: 'number', text: { kind: 'inline', text: '7' } },
      list: { type: 'json', text: { kind: 'inline', text: '[1,{"a":2}]' } },
      none: { type: 'null', text: { kind: 'inline', text: 'null' } },
      body: { type: 'string', text: { kind: 'file', bytes: 20_000, sha256: sha256(object.body) } },
    });
    expect(Object.keys(fields ?? {}).sort()).toEqual(['body', 'id', 'list', 'none']);
    const body = fields?.['body']?.text;
    expect(body?.kind === 'file' && readFileSync(body.path, 'utf8')).toBe(object.body);
  });

  it('travel with small fields inline and together no more than 64 KiB', async () => {
    const fieldsRead = Array.from({ length: 10 }, (_, index) => `f${index}`);
    const object = Object.fromEntries(
      fieldsRead.map((name, index) => [name, 'x'.repeat(index === 9 ? 5 : 12_000)]),
    );
    writeFileSync(join(test.workingPath, 'object.json'), JSON.stringify(object));
    const { fields } = await outputOf('cat object.json', { fieldsRead });
    const kinds = fieldsRead.map((name) => fields?.[name]?.text.kind);
    expect(kinds.filter((kind) => kind === 'inline')).toHaveLength(6);
    expect(kinds[9]).toBe('inline');
  });

  describe('that a script refers to', () => {
    const bigOutput = async () =>
      outputOf(`printf '{"name": "widget", "body": "%s"}' "$(head -c 20000 /dev/zero | tr '\\0' x)"`, {
        attemptId: 'a.1',
        fieldsRead: ['name', 'body'],
      });
    const refer = (script: string, output: Awaited<ReturnType<typeof bigOutput>>) =>
      test.run(script, {
        scope: { ...NO_SCOPE, nodes: { ['a' as NodeId]: { state: 'completed', output } } },
      });

    it('are read from their files, fields too', async () => {
      const output = await bigOutput();
      expect(await refer('x=$a.output.body; echo "${#x} "$a.output.name', output)).toMatchObject({
        output: { text: { text: '20000 widget' } },
      });
    });

    it('are not read where only another part is needed', async () => {
      const output = await bigOutput();
      if (output.text.kind === 'file') unlinkSync(output.text.path);
      expect(await refer('echo $a.output.name', output)).toMatchObject({
        output: { text: { text: 'widget' } },
      });
    });

    const asDirectory = (path: string): void => {
      unlinkSync(path);
      mkdirSync(path);
    };
    it.each<[string, RegExp, (path: string) => void]>([
      ['gone', /its file cannot be read \(ENOENT/, (path) => unlinkSync(path)],
      ['changed', /its file .* was changed since$/, (path) => writeFileSync(path, 'x'.repeat(20_000))],
      ['longer now', /its file .* was changed since$/, (path) => writeFileSync(path, 'more', { flag: 'a' })],
      ['a directory now', /its file cannot be read \(EISDIR/, asDirectory],
    ])('fail the node when their file is %s', async (_, message, tamper) => {
      const output = await bigOutput();
      tamper(output.text.kind === 'file' ? output.text.path : '');
      expect(await refer('echo $a.output', output)).toMatchObject({
        kind: 'failed',
        failure: { code: 'REFERENCE_UNRESOLVED', message: expect.stringMatching(message) },
      });
    });

    it('fail the node when they are too large for a script', async () => {
      const output = await bigOutput();
      if (output.text.kind !== 'file') throw new Error('expected a file');
      const huge = { ...output, text: { ...output.text, bytes: 2 ** 30 } };
      expect(await refer('echo $a.output', huge)).toMatchObject({
        failure: { message: expect.stringContaining(`Let the script read ${output.text.path}`) },
      });
    });
  });
});
