import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROKEN, HELLO, makeDirectory, runFake } from './fake-cli.js';

let directory: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  const files = {
    'hello.yaml': HELLO,
    'broken.yaml': BROKEN,
    'odd.yaml': `${HELLO.replace('hello', 'odd').replace(/required.*\n.*world/, 'required: true\n    description: Who is greeted')}x: 1\ntags: [b, a]\n`,
  };
  ({ directory, remove } = await makeDirectory(files));
});
afterAll(async () => remove());

describe('list', () => {
  it('names the workflows on stdout, and what cannot be used on stderr', async () => {
    const result = await runFake(['list'], { directory });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'hello  Says hello\nodd    Says hello [b, a]\n' });
    expect(result.stderr).toContain('1 file cannot be used:');
    expect(result.stderr).toContain(`${directory}/.archon/workflows/broken.yaml:4:5 error NODE_KIND_MISSING`);
  });

  it('is one object with --json', async () => {
    const result = await runFake(['list', '--json'], { directory });
    expect(JSON.parse(result.stdout)).toMatchObject({
      ok: true,
      root: directory,
      workflows: [
        { name: 'hello', description: 'Says hello', scope: 'project', warnings: [] },
        {
          name: 'odd',
          tags: ['b', 'a'],
          inputs: [{ name: 'who', isRequired: true, description: 'Who is greeted' }],
          warnings: [{ code: 'KEY_UNKNOWN' }],
        },
      ],
      errors: [
        { errorType: 'validation_error', issues: [{ code: 'NODE_KIND_MISSING', line: 4, column: 5 }] },
      ],
    });
  });

  it('is the same in the spelling of Archon', async () => {
    const [ours, theirs] = await Promise.all([
      runFake(['list'], { directory }),
      runFake(['workflow', 'list'], { directory }),
    ]);
    expect(theirs).toEqual(ours);
  });

  it('says where it looked when there is nothing', async () => {
    const empty = await makeDirectory({});
    const result = await runFake(['list'], { directory: empty.directory });
    expect(result.stdout).toBe(`no workflows in ${empty.directory}/.archon/workflows\n`);
    await empty.remove();
  });
});

it('an input that is missing is told with what it is for', async () => {
  const result = await runFake(['run', 'odd'], { directory });
  expect(result).toMatchObject({ exitCode: 64 });
  expect(result.stderr).toContain('input who (Who is greeted) is missing: give --input who=…');
});

describe('validate', () => {
  it.each([[['validate', 'hello']], [['validate', 'workflows', 'hello']]])(
    '%j accepts one workflow',
    async (argv) => {
      const result = await runFake(argv, { directory });
      expect(result.exitCode).toBe(0);
      expect(result.stdout).toContain('1 valid, 0 with errors, 0 with warnings');
    },
  );

  it.each([[['validate']], [['validate', 'workflows']]])(
    '%j tells of all, and ends with 65',
    async (argv) => {
      const result = await runFake(argv, { directory });
      expect(result.exitCode).toBe(65);
      expect(result.stdout).toMatch(/^hello +ok/m);
      expect(result.stdout).toMatch(/^odd +WARNINGS/m);
      expect(result.stdout).toMatch(/^broken +ERRORS/m);
      expect(result.stdout).toContain('2 valid, 1 with errors, 1 with warnings');
    },
  );

  it('is one object with --json', async () => {
    const result = await runFake(['validate', '--json'], { directory });
    expect(result.exitCode).toBe(65);
    expect(JSON.parse(result.stdout)).toMatchObject({
      ok: false,
      results: [
        { workflow: 'hello', valid: true, issues: [] },
        { workflow: 'odd', valid: true, issues: [{ level: 'warning', code: 'KEY_UNKNOWN' }] },
        { workflow: 'broken', valid: false, issues: [{ level: 'error', code: 'NODE_KIND_MISSING' }] },
      ],
      summary: { total: 3, valid: 2, errors: 1, warnings: 1 },
      error: { code: 'DEFINITION_INVALID' },
    });
  });

  it('needs no server', async () => {
    const result = await runFake(['validate', 'broken'], { directory, services: {} });
    expect(result.exitCode).toBe(65);
  });
});
