import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NodeId } from '../../../src/core/ids.js';
import type { Scope, ScriptTask } from '../../../src/core/run/task.js';
import { toOutput } from '../../../src/core/expression/output.js';
import { eventually } from '../../support/eventually.js';
import { scriptEnvironment } from '../../support/script-runtimes.js';
import { openTestShell, type TestShell } from './open-test-shell.js';

describe('script nodes', () => {
  let test: TestShell;
  beforeEach(async () => {
    test = await openTestShell({ workerEnvironment: scriptEnvironment() });
  });

  const says = async (text: string, over: Partial<ScriptTask> = {}): Promise<string> => {
    const result = await test.runScript(text, over);
    if (result.kind === 'failed') throw new Error(result.failure.message);
    return result.output.text.kind === 'inline' ? result.output.text.text : result.output.text.path;
  };
  const failure = async (text: string, over: Partial<ScriptTask> = {}) => {
    const result = await test.runScript(text, over);
    if (result.kind === 'completed') throw new Error(`completed: ${JSON.stringify(result.output)}`);
    return result.failure;
  };
  /** Writes files of the working path, or of another folder. */
  const write = (files: Readonly<Record<string, string>>, folder = test.workingPath): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  };
  const captured = (files: Readonly<Record<string, string>>): void =>
    write(files, join(test.artifactsDir, 'workflow-source'));
  const PACKAGE = {
    'node_modules/greeting/package.json': '{"name":"greeting","main":"index.js"}',
    'node_modules/greeting/index.js': 'export const greeting = "hello";',
  };

  describe('in TypeScript', () => {
    it('run in the working path, with modules from there on, and nothing to read', async () => {
      write({ ...PACKAGE, 'lib/times.ts': 'export const times = (n: number): number => n * 2;' });
      const program = `
        import { greeting } from 'greeting';
        import { times } from './lib/times';
        type Pair = [string, number];
        const pair: Pair = [greeting, times(21)];
        console.log(pair.join(' '), process.cwd(), (await Bun.stdin.text()).length);`;
      expect(await says(program)).toBe(`hello 42 ${test.workingPath} 0`);
    });

    it('do not read .env of the working path', async () => {
      write({ '.env': 'SECRET=leaked' });
      expect(await says('console.log(process.env.SECRET ?? "unset")')).toBe('unset');
    });

    it('may be longer than an argument may be', async () => {
      expect(await says(`const big = ${JSON.stringify('x'.repeat(1 << 20))}; console.log(big.length)`)).toBe(
        String(1 << 20),
      );
    });

    it('are shown by no list of processes, and kept closed to others', async () => {
      const list =
        'const { stdout } = Bun.spawnSync(["cat", "/proc/self/cmdline", "/proc/" + process.pid + "/cmdline"]); console.log(stdout.toString())';
      expect(await says(`const secret = "hush"; ${list}`)).not.toContain('hush');
      expect(statSync(test.file('script')).mode & 0o777).toBe(0o600);
    });

    it('fail with the end of what they said', async () => {
      expect(await failure('throw new Error("boom")')).toMatchObject({
        code: 'NODE_FAILED',
        message: expect.stringMatching(/^Script node 'build' failed \[exit 1\]: [^]*error: boom/),
      });
    });

    it('end with all their children when their time is over', async () => {
      const program =
        'Bun.spawn(["sleep", "1000"]); Bun.spawn(["setsid", "sleep", "1000"]); await Bun.sleep(1e6)';
      expect(await failure(program, { timeoutMs: 1_000, graceMs: 50 })).toEqual({
        code: 'NODE_TIMED_OUT',
        message: "Script node 'build' timed out after 1000ms",
      });
      expect(test.living()).toEqual([]);
    });
  });

  describe('in Python', () => {
    const python = { runtime: 'uv' } as const;

    it('run in the working path, with modules from there on', async () => {
      write({ 'helper.py': 'VALUE = 42' });
      const program = 'import os, helper\nprint(helper.VALUE, os.getcwd())';
      expect(await says(program, python)).toBe(`42 ${test.workingPath}`);
    });

    it('have the packages that they name', async () => {
      const wheel = makeWheel(test.artifactsDir);
      expect(await says('import tiny\nprint(tiny.WORD)', { ...python, deps: [wheel] })).toBe('small');
      expect(await failure('import tiny', python)).toMatchObject({
        code: 'NODE_FAILED',
        message: expect.stringContaining("No module named 'tiny'"),
      });
    });

    it('may be longer than an argument may be', async () => {
      expect(await says(`print(len("""${'x'.repeat(1 << 18)}"""))`, python)).toBe(String(1 << 18));
    });

    it('end when told to, uv and Python both', async () => {
      const controller = new AbortController();
      const program = "import time\nopen('up', 'w').close()\ntime.sleep(1000)";
      const running = test.runScript(program, { ...python, graceMs: 50 }, controller.signal);
      await eventually(() => expect(existsSync(join(test.workingPath, 'up'))).toBe(true));
      controller.abort(new Error('stop'));
      await expect(running).rejects.toThrow('stop');
      expect(test.living()).toEqual([]);
    });
  });

  describe('with a name', () => {
    const named = (name: string, file = `project/scripts/${name}`): Partial<ScriptTask> => ({
      source: { kind: 'named', name: name.replace(/\.\w+$/, ''), file },
    });

    it('run from what was captured, and find the modules of the working path', async () => {
      write(PACKAGE);
      captured({
        'project/scripts/hello.ts': `
          import { greeting } from 'greeting';
          import { mark } from './mark';
          console.log(greeting + mark, process.cwd());`,
        'project/scripts/mark.ts': 'export const mark: string = "!";',
      });
      expect(await says('', named('hello.ts'))).toBe(`hello! ${test.workingPath}`);
      expect(existsSync(test.file('script'))).toBe(false);
    });

    it('add to the module path of their environment', async () => {
      const elsewhere = join(test.artifactsDir, 'elsewhere');
      write({ 'greeting/index.js': 'module.exports.greeting = "from elsewhere";' }, elsewhere);
      captured({ 'global/scripts/a.js': 'console.log(require("greeting").greeting)' });
      const owner = { temporalNamespaceId: '', temporalWorkflowId: '' };
      await test.environment.save(test.runId, { ...scriptEnvironment(), NODE_PATH: elsewhere }, owner);
      const over = { ...named('a.js', 'global/scripts/a.js'), hasClientEnvironment: true };
      expect(await says('', over)).toBe('from elsewhere');
    });

    it('are run by what their ending says, whatever the node says', async () => {
      captured({ 'project/scripts/a.py': 'import sys; print("python", len(sys.argv))' });
      expect(await says('', { ...named('a.py'), runtime: 'bun' })).toBe('python 1');
    });

    it('keep what looks like a reference: the file is nobody’s template', async () => {
      captured({ 'project/scripts/a.ts': 'console.log("$x.output $STATE_DIR")' });
      expect(await says('', named('a.ts'))).toBe('$x.output $STATE_DIR');
    });

    it.each([
      ['is not there', named('gone.ts')],
      ['was never found', { source: { kind: 'named', name: 'gone' } } as const],
    ])('fail the node when the file %s', async (_what, over) => {
      expect(await failure('', over)).toMatchObject({
        code: 'NODE_UNSTARTABLE',
        message: expect.stringMatching(
          /^Script node 'build' failed before execution: the named script 'gone' is not among/,
        ),
      });
    });
  });

  describe('have values in their text', () => {
    const scope = (text: string): Scope => ({
      variables: { STATE_DIR: '/the state' },
      inputs: { issue: '42' },
      nodes: { ['a' as NodeId]: { state: 'completed', output: toOutput(text, ['n']) } },
    });

    it('raw: the author quotes', async () => {
      const program = 'const a = $a.output; console.log(a.n + $a.output.n, "$STATE_DIR")';
      expect(await says(program, { scope: scope('{"n": 7}') })).toBe('14 /the state');
    });

    it('once: what a value says is not looked at again', async () => {
      expect(await says('console.log(`$a.output`)', { scope: scope('$a.output $& $STATE_DIR') })).toBe(
        '$a.output $& $STATE_DIR',
      );
    });

    it('but for those of the user, which they read from their environment', async () => {
      const environment = { ARGUMENTS: 'fix it', INPUTS_ISSUE: '42' };
      const program =
        'console.log("$ARGUMENTS $INPUTS.issue", process.env.ARGUMENTS, process.env.INPUTS_ISSUE)';
      expect(await says(program, { scope: scope(''), environment })).toBe(
        '$ARGUMENTS $INPUTS.issue fix it 42',
      );
    });

    it('from files, too', async () => {
      const path = join(test.artifactsDir, 'large');
      writeFileSync(path, 'y'.repeat(300_000));
      const produced = await test.run(`cat '${path}'`, { attemptId: 'a.1' });
      const output = produced.kind === 'completed' ? produced.output : null;
      const nodes = { ['a' as NodeId]: { state: 'completed', output: output! } } as const;
      const large: Scope = { variables: {}, inputs: {}, nodes };
      expect(await says('console.log("$a.output".length)', { scope: large })).toBe('300000');
    });

    it('or fail before they run', async () => {
      const nodes = { ['a' as NodeId]: { state: 'failed' } } as const;
      const failed: Scope = { variables: {}, inputs: {}, nodes };
      expect(await failure('console.log($a.output)', { scope: failed })).toMatchObject({
        code: 'REFERENCE_UNRESOLVED',
        message: expect.stringMatching(/^Script node 'build' failed before execution: '\$a\.output'/),
      });
    });
  });

  describe('need a runtime', () => {
    const run = () => ({ runId: test.runId as never, hasClientEnvironment: false });

    it('that is looked for at the start of their run', async () => {
      await test.scripts.requireRuntimes(run(), ['bun', 'uv']);
      const onlyBun = await openTestShell({ workerEnvironment: scriptEnvironment(['bun']) });
      await onlyBun.scripts.requireRuntimes(run(), ['bun']);
      await expect(onlyBun.scripts.requireRuntimes(run(), ['bun', 'uv'])).rejects.toMatchObject({
        code: 'RUNTIME_MISSING',
        message:
          'there is no uv on the PATH of this run, nor on that of its worker. Install uv (https://docs.astral.sh/uv) so that one of them has it, and start the run again',
        details: { runtime: 'uv', searched: expect.arrayContaining(['/usr/bin', '/bin']) },
      });
    });

    it('on the PATH of the run, or on that of the worker', async () => {
      const owner = { temporalNamespaceId: '', temporalWorkflowId: '' };
      const bare = await openTestShell({ workerEnvironment: { PATH: '/usr/bin:/bin' } });
      await bare.environment.save(bare.runId, scriptEnvironment(['bun']), owner);
      const itsRun = { runId: bare.runId as never, hasClientEnvironment: true };
      await bare.scripts.requireRuntimes(itsRun, ['bun']);
      expect(await bare.runScript('console.log(1)', { hasClientEnvironment: true })).toMatchObject({
        output: { text: { text: '1' } },
      });
      await test.environment.save(test.runId, { PATH: '/usr/bin' }, owner);
      await test.scripts.requireRuntimes({ ...run(), hasClientEnvironment: true }, ['uv']);
    });

    it('whose loss fails the node', async () => {
      const bare = await openTestShell({ workerEnvironment: { PATH: '/usr/bin:/bin:relative' } });
      expect(await bare.runScript('')).toMatchObject({ failure: { code: 'RUNTIME_MISSING' } });
    });
  });
});

/** A package without a build: `tiny`, whose `WORD` is `small`. */
function makeWheel(folder: string): string {
  const wheel = join(folder, 'tiny-1.0-py3-none-any.whl');
  const program = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('tiny.py', 'WORD = "small"')
    wheel.writestr('tiny-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n')
    wheel.writestr('tiny-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: hand\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr('tiny-1.0.dist-info/RECORD', '')
`;
  execFileSync('python3', ['-c', program, wheel]);
  expect(readFileSync(wheel).length).toBeGreaterThan(100);
  return wheel;
}
