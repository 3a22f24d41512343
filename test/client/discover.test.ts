import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discover } from '../../src/client/discover.js';
import { pickWorkflow } from '../../src/client/pick-workflow.js';
import type { Scopes } from '../../src/client/source/scopes.js';

let base: string;
let scopes: Scopes;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'signalbox-discover-'));
  scopes = { root: join(base, 'repo'), archonHome: join(base, 'archon') };
});
afterEach(() => rm(base, { recursive: true, force: true }));

const yaml = (name: string, description = 'a workflow'): string =>
  `name: ${name}\ndescription: ${description}\nnodes:\n  - id: only\n    bash: 'true'\n`;

async function put(file: string, text: string | Uint8Array): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}
const inProject = (path: string, text: string | Uint8Array): Promise<string> =>
  put(join(scopes.root, '.archon', 'workflows', path), text);
const inGlobal = (path: string, text: string | Uint8Array): Promise<string> =>
  put(join(scopes.archonHome, 'workflows', path), text);

async function namesFound(): Promise<readonly string[]> {
  const { discovery } = await discover(scopes);
  return discovery.workflows.map((one) => `${one.scope} ${one.name}`);
}

describe('discovery', () => {
  it('finds nothing where the folders are missing', async () => {
    const { discovery, config } = await discover(scopes);
    expect(discovery).toEqual({ root: scopes.root, workflows: [], errors: [] });
    expect(config).toMatchObject({ kind: 'read', warnings: [] });
  });

  it('finds .yaml and .yml files of both scopes, in order of name', async () => {
    await inProject('b.yaml', yaml('bravo'));
    await inProject('a.yml', yaml('alpha'));
    await inGlobal('c.yaml', yaml('charlie'));
    await inProject('notes.md', 'no workflow');
    expect(await namesFound()).toEqual(['project alpha', 'project bravo', 'global charlie']);
  });

  it('tells file, description and warnings of each', async () => {
    const file = await inProject('a.yaml', `${yaml('alpha', 'the first')}nonsense: 1\n`);
    const { discovery } = await discover(scopes);
    expect(discovery.workflows).toEqual([
      {
        name: 'alpha',
        description: 'the first',
        tags: [],
        inputs: [],
        file,
        scope: 'project',
        warnings: [expect.objectContaining({ code: 'KEY_UNKNOWN', severity: 'warning' })],
      },
    ]);
  });

  it('lets a project file replace the global one of the same file name, whatever its workflow is called', async () => {
    await inGlobal('deploy.yaml', yaml('deploy-global'));
    await inProject('deploy.yaml', yaml('deploy-here'));
    expect(await namesFound()).toEqual(['project deploy-here']);
  });

  it('lets a broken project file hide the global one that it replaces', async () => {
    await inGlobal('deploy.yaml', yaml('deploy'));
    const file = await inProject('deploy.yaml', 'name: [');
    const { discovery } = await discover(scopes);
    expect(discovery.workflows).toEqual([]);
    expect(discovery.errors.map((error) => error.file)).toEqual([file]);
  });

  it('looks one folder deep', async () => {
    await inProject('team/inner.yaml', yaml('inner'));
    await inProject('a/b/c/deep.yaml', yaml('deep'));
    expect(await namesFound()).toEqual(['project inner']);
  });

  it('lets a file in a folder win over one of the same name above it', async () => {
    await inProject('same.yaml', yaml('above'));
    await inProject('team/same.yaml', yaml('below'));
    expect(await namesFound()).toEqual(['project below']);
  });

  it('passes over folders that begin with a dot, and node_modules', async () => {
    await inProject('.git/a.yaml', yaml('a'));
    await inProject('node_modules/b.yaml', yaml('b'));
    expect(await namesFound()).toEqual([]);
  });

  it('follows links to files and folders', async () => {
    await put(join(base, 'elsewhere', 'far.yaml'), yaml('far'));
    await inProject('near.yaml', yaml('near'));
    const folder = join(scopes.root, '.archon', 'workflows');
    await symlink(join(base, 'elsewhere'), join(folder, 'linked'));
    await symlink(join(folder, 'near.yaml'), join(folder, 'again.yml'));
    await rm(join(folder, 'near.yaml'));
    await put(join(folder, 'near.yaml'), yaml('near'));
    const { discovery } = await discover(scopes);
    expect(discovery.workflows.map((one) => one.name)).toEqual(['far']);
    expect(discovery.errors.map((error) => error.issues[0]?.code)).toEqual([
      'DUPLICATE_NAME',
      'DUPLICATE_NAME',
    ]);
  });

  it('drops all files that declare one name, and says so of each', async () => {
    const first = await inProject('one.yaml', yaml('same'));
    const second = await inGlobal('two.yaml', yaml('same'));
    await inProject('three.yaml', yaml('other'));
    const { discovery } = await discover(scopes);
    expect(discovery.workflows.map((one) => one.name)).toEqual(['other']);
    expect(discovery.errors).toHaveLength(2);
    expect(discovery.errors.map((error) => error.file).sort()).toEqual([second, first].sort());
    const issue = discovery.errors.find((error) => error.file === first)?.issues[0];
    expect(issue).toMatchObject({ code: 'DUPLICATE_NAME', file: first, line: 1, column: 1 });
    expect(issue?.message).toContain(second);
  });

  it('finds packaged workflows: a folder in a folder, with one file', async () => {
    await inProject('pack/flow/one.yaml', yaml('packed'));
    await inGlobal('pack/flow/two.yml', yaml('mine'));
    const { workflows } = await discover(scopes);
    expect(workflows.map((one) => [one.workflow.name, one.package?.name])).toEqual([
      ['mine', 'global/pack/flow'],
      ['packed', 'project/pack/flow'],
    ]);
  });

  it.each([
    ['two workflows', ['pack/flow/one.yaml', 'pack/flow/two.yaml'], 'has 2 workflows'],
    ['scripts and no workflow', ['pack/flow/scripts/x.ts'], 'has commands or scripts and no workflow'],
    ['commands and no workflow', ['pack/flow/commands/x.md'], 'has commands or scripts and no workflow'],
    ['a name that may stand for two', ['pack/fl:ow/one.yaml'], "has 'fl:ow' in its path"],
  ])('tells of a package that has %s, and goes on', async (_, paths, problem) => {
    for (const path of paths) await inProject(path, yaml('packed'));
    await inProject('plain.yaml', yaml('plain'));
    const { discovery } = await discover(scopes);
    expect(discovery.workflows.map((one) => one.name)).toEqual(['plain']);
    expect(discovery.errors).toMatchObject([{ issues: [{ code: 'LAYOUT_INVALID' }] }]);
    expect(discovery.errors[0]?.issues[0]?.message).toContain(problem);
  });

  it('says nothing of folders that hold neither workflows nor what belongs to them', async () => {
    await inProject('team/notes/readme.md', 'notes');
    expect((await discover(scopes)).discovery).toMatchObject({ workflows: [], errors: [] });
  });

  it.each([
    ['a plain file', 'one.yaml'],
    ['another package', 'pack/other/one.yaml'],
  ])('drops a package and %s of one scope that have the same file name', async (_, path) => {
    await inProject('pack/flow/one.yaml', yaml('packed'));
    await inProject(path, yaml('twin'));
    const { discovery } = await discover(scopes);
    expect(discovery.workflows).toEqual([]);
    expect(discovery.errors.map((error) => error.issues[0]?.code)).toEqual([
      'DUPLICATE_NAME',
      'DUPLICATE_NAME',
    ]);
  });

  it('finds what is shipped, below everything else', async () => {
    const bundled = join(base, 'bundled');
    await put(join(bundled, 'workflows', 'a.yaml'), yaml('alpha', 'shipped'));
    await put(join(bundled, 'workflows', 'b.yaml'), yaml('bravo', 'shipped'));
    await put(join(bundled, 'workflows', 'c.yaml'), yaml('charlie', 'shipped'));
    await inProject('a.yaml', yaml('other'));
    await inGlobal('own.yaml', yaml('bravo', 'mine'));
    const { discovery } = await discover({ ...scopes, bundled });
    expect(discovery.errors).toEqual([]);
    expect(discovery.workflows.map(({ scope, name }) => `${scope} ${name}`)).toEqual([
      'global bravo',
      'bundled charlie',
      'project other',
    ]);
  });

  it('lets the config say when nodes start, for workflows that do not say so themselves', async () => {
    await put(join(scopes.root, '.archon', 'config.yaml'), 'schedule: dataflow\n');
    await inProject('a.yaml', yaml('alpha'));
    await inProject('b.yaml', `${yaml('bravo')}schedule: layers\n`);
    const { workflows } = await discover(scopes);
    expect(workflows.map(({ definition }) => definition.schedule)).toEqual(['dataflow', 'layers']);
  });

  it('leaves out what is shipped where the config says so', async () => {
    const bundled = join(base, 'bundled');
    await put(join(bundled, 'workflows', 'a.yaml'), yaml('alpha'));
    await put(join(scopes.archonHome, 'config.yaml'), 'defaults: { loadDefaultWorkflows: false }\n');
    expect((await discover({ ...scopes, bundled })).workflows).toEqual([]);
  });

  it("tells what is wrong with config files, the project's and the user's", async () => {
    const own = await put(join(scopes.archonHome, 'config.yaml'), 'docs: 1\n');
    const project = await put(join(scopes.root, '.archon', 'config.yaml'), 'env: []\n');
    await inProject('a.yaml', yaml('alpha'));
    const { config, workflows } = await discover(scopes);
    expect(workflows).toHaveLength(1);
    expect(config).toMatchObject({
      kind: 'refused',
      issues: [
        { code: 'VALUE_INVALID', file: own, line: 1, column: 7 },
        { code: 'VALUE_INVALID', file: project, line: 1, column: 6 },
      ],
    });
  });

  it.each([
    ['broken YAML', 'name: [', 'parse_error', 'YAML_INVALID'],
    ['no nodes', 'name: x\ndescription: y\n', 'validation_error', 'KEY_MISSING'],
    ['bytes that are not UTF-8', Uint8Array.of(0x6e, 0xff, 0xfe), 'validation_error', 'ENCODING_INVALID'],
  ])('keeps %s among the errors, and goes on', async (_, text, errorType, code) => {
    const file = await inProject('bad.yaml', text);
    await inProject('good.yaml', yaml('good'));
    const { discovery } = await discover(scopes);
    expect(discovery.workflows.map((one) => one.name)).toEqual(['good']);
    expect(discovery.errors).toMatchObject([{ file, errorType, issues: expect.any(Array) }]);
    expect(discovery.errors[0]?.issues.map((issue) => issue.code)).toContain(code);
  });

  it.each([
    ['a link that points nowhere', (file: string) => symlink('/nonexistent/x.yaml', file), 'ENOENT'],
    [
      'a named pipe',
      (file: string) => Promise.resolve(execFileSync('mkfifo', [file])),
      'it is no regular file',
    ],
  ])('keeps %s among the errors, and never waits for it', async (_, make, reason) => {
    await inProject('good.yaml', yaml('good'));
    const file = join(scopes.root, '.archon', 'workflows', 'odd.yaml');
    await make(file);
    const { discovery } = await discover(scopes);
    expect(discovery.workflows.map((one) => one.name)).toEqual(['good']);
    expect(discovery.errors).toMatchObject([
      { file, errorType: 'read_error', issues: [{ code: 'FILE_UNREADABLE' }] },
    ]);
    expect(discovery.errors[0]?.issues[0]?.message).toContain(reason);
  });

  it('throws when a workflow folder is there and cannot be listed', async () => {
    await put(join(scopes.root, '.archon', 'workflows'), 'a file, not a folder');
    await expect(discover(scopes)).rejects.toMatchObject({ code: 'WORKING_PATH_INVALID' });
  });

  it('reads 500 files within 5 seconds', async () => {
    const body = Array.from({ length: 10 }, (_, node) => `  - id: n${node}\n    bash: echo ${node}\n`).join(
      '',
    );
    await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        inProject(`w${index}.yaml`, `name: w${index}\ndescription: one of many\nnodes:\n${body}`),
      ),
    );
    const begun = performance.now();
    const { discovery } = await discover(scopes);
    expect(discovery.workflows).toHaveLength(500);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe('the workflow that a name means', () => {
  beforeEach(async () => {
    await inProject('a.yaml', yaml('fix-issue'));
    await inProject('b.yaml', yaml('review-issue'));
    await inProject('c.yaml', yaml('Deploy'));
  });

  it.each([
    ['fix-issue', 'fix-issue'],
    ['deploy', 'Deploy'],
    ['fix', 'fix-issue'],
    ['view', 'review-issue'],
  ])('%s is %s', async (typed, meant) => {
    const picked = pickWorkflow(await discover(scopes), typed);
    expect(picked).toMatchObject({ kind: 'usable', definition: { name: meant } });
  });

  it('is refused when it may be several, which are listed', async () => {
    const catalogue = await discover(scopes);
    expect(() => pickWorkflow(catalogue, 'issue')).toThrow(
      expect.objectContaining({
        code: 'WORKFLOW_AMBIGUOUS',
        details: { candidates: ['fix-issue', 'review-issue'] },
      }),
    );
  });

  it('is refused when there is none, with the nearest and the list', async () => {
    const catalogue = await discover(scopes);
    expect(() => pickWorkflow(catalogue, 'fix-isue')).toThrow(
      expect.objectContaining({
        code: 'WORKFLOW_NOT_FOUND',
        message: expect.stringMatching(/did you mean fix-issue\? There are: Deploy, fix-issue, review-issue/),
        details: { known: ['Deploy', 'fix-issue', 'review-issue'] },
      }),
    );
  });

  it('is the broken file of that name, even where another name resembles it', async () => {
    const file = await inProject('fix.yaml', 'name: fix\n');
    const picked = pickWorkflow(await discover(scopes), 'fix');
    expect(picked).toMatchObject({ kind: 'refused', file });
  });

  it('is a shipped one by a part of its name only where no other is', async () => {
    const bundled = join(base, 'bundled');
    await put(join(bundled, 'workflows', 'x.yaml'), yaml('shipped-fix'));
    await put(join(bundled, 'workflows', 'y.yaml'), yaml('shipped-tour'));
    const catalogue = await discover({ ...scopes, bundled });
    expect(pickWorkflow(catalogue, 'fix')).toMatchObject({ definition: { name: 'fix-issue' } });
    expect(pickWorkflow(catalogue, 'tour')).toMatchObject({ definition: { name: 'shipped-tour' } });
  });
});
