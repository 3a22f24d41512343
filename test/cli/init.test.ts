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
    expect(written).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
  });

  it('is one object with --json', async () => {
    const result = await runFake(['init', '--json'], { directory });
    expect(JSON.parse(result.stdout)).toEqual({
      ok: true,
      root: directory,
      name: 'first',
      workflow: file(),
      schema: join(directory, '.archon', 'workflow.schema.json'),
    });
  });

  it('overwrites nothing', async () => {
    await writeFile(file(), 'mine');
    const result = await runFake(['init', '--json'], { directory });
    expect(result.exitCode).toBe(64);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'FILE_EXISTS' } });
    expect(await readFile(file(), 'utf8')).toBe('mine');
  });
});
