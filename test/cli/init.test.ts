import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonSchema } from '../../src/core/definition/yaml-schema.js';
import { makeDirectory, runFake } from './fake-cli.js';

let directory: string;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ directory, remove } = await makeDirectory({}));
});
afterEach(() => remove());

const file = (): string => join(directory, '.archon', 'workflows', 'first.yaml');

const schema = (): string => join(directory, '.archon', 'workflow.schema.json');

describe('the first workflow', () => {
  beforeEach(async () => {
    await runFake(['init'], { directory });
    await writeFile(join(directory, 'README.md'), 'hi');
  });
  const dry = (...more: readonly string[]) =>
    runFake(['run', 'first', 'good', 'morning', '--dry-run', '--exec-code', ...more], { directory });

  it('does what its comments say, when the gate is approved', async () => {
    const { stdout, exitCode } = await dry('--input', 'who=Ada');
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(/COMPLETED files \(bash\) — executed\n.*\n +output: 1\n/);
    expect(stdout).toMatch(/Hello Ada, there are 1 files here\.\n +You said: good morning\n/);
    expect(stdout).toMatch(/COMPLETED goodbye[^\n]*\n.*\n +output: Goodbye, Ada\.\n/);
    expect(stdout).toContain('Outcome: completed');
  });

  it('greets whom its default names, stops at its gate, and skips what its condition forbids', async () => {
    const paused = await dry('--pause-at-gates');
    expect(paused.stdout).toContain('Hello you, there are 1 files here.');
    expect(paused.stdout).toContain('Outcome: paused');
    await writeFile(join(directory, 'stubs.yaml'), 'ask: reject\n');
    const rejected = await dry('--stubs', join(directory, 'stubs.yaml'));
    expect(rejected.stdout).toMatch(/SKIPPED +goodbye/);
  });
});

describe('init', () => {
  it('writes a workflow that is in order, and says what to type next', async () => {
    const result = await runFake(['init'], { directory });
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain('.archon/workflows/first.yaml');
    expect(result.stdout).toContain('signalbox run first');
    const validated = await runFake(['validate', 'first'], { directory });
    expect(validated.stdout).toContain('1 valid, 0 with errors, 0 with warnings');
  });

  it('lets editors check it by a schema that it writes, too', async () => {
    await runFake(['init'], { directory });
    const [line] = (await readFile(file(), 'utf8')).split('\n');
    const schema = /^# yaml-language-server: \$schema=(.+)$/.exec(line!)![1]!;
    const written: unknown = JSON.parse(
      await readFile(join(directory, '.archon', 'workflows', schema), 'utf8'),
    );
    expect(written).toEqual({ $comment: 'signalbox 1.2.3', ...jsonSchema() });
  });

  it('is one object with --json', async () => {
    const result = await runFake(['init', '--json'], { directory });
    expect(JSON.parse(result.stdout)).toEqual({
      ok: true,
      root: directory,
      name: 'first',
      workflow: file(),
      schema: schema(),
      refreshed: false,
    });
  });

  it('overwrites no workflow, and says so where its schema is the newest already', async () => {
    await runFake(['init'], { directory });
    await writeFile(file(), 'mine');
    const result = await runFake(['init', '--json'], { directory });
    expect(result.exitCode).toBe(64);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'FILE_EXISTS' } });
    expect(await readFile(file(), 'utf8')).toBe('mine');
  });

  it('spoils no workflow of the name that lies in another file', async () => {
    const mine = join(directory, '.archon/workflows/mine.yaml');
    await writeFile(mine, 'name: first\ndescription: d\nnodes: [{ id: a, bash: x }]\n');
    const fresh = await runFake(['init'], { directory });
    expect(fresh).toMatchObject({ exitCode: 0, stderr: '' });
    expect(fresh.stdout).toContain('.archon/workflows/mine.yaml was there already');
    const again = await runFake(['init'], { directory });
    expect(again).toMatchObject({ exitCode: 64 });
    expect(again.stderr).toContain(`${mine} is there already`);
    expect((await runFake(['list'], { directory })).stdout).toContain('first  d\n');
  });

  it.each([
    ['of an older version', '{"$comment":"signalbox 1.2.2"}'],
    ['of before there were versions in it', '{"title":"signalbox workflow"}'],
    ['that is no JSON', '{'],
    ['that is not there', null],
  ])('brings a schema up to date %s, and leaves the workflow alone', async (_, copy) => {
    await writeFile(file(), 'mine');
    if (copy !== null) await writeFile(schema(), copy);
    const result = await runFake(['init'], { directory });
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain('brought .archon/workflow.schema.json up to date');
    expect(JSON.parse(await readFile(schema(), 'utf8'))).toMatchObject({ $comment: 'signalbox 1.2.3' });
    expect(await readFile(file(), 'utf8')).toBe('mine');
  });

  it('leaves the schema of a newer version alone', async () => {
    await runFake(['init'], { directory, version: '1.10.0' });
    expect((await runFake(['init'], { directory })).exitCode).toBe(64);
    expect(JSON.parse(await readFile(schema(), 'utf8'))).toMatchObject({ $comment: 'signalbox 1.10.0' });
  });
});
