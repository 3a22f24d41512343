import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROKEN, makeDirectory, runFake } from './fake-cli.js';

const RELEASE = `name: release
description: Releases
interactive: true
inputs: { channel: { default: beta } }
nodes:
  - { id: build, bash: 'printf "v%s" "$ARGUMENTS"' }
  - { id: review, depends_on: [build], approval: { message: 'Ship $build.output?' } }
  - { id: ship, depends_on: [review], bash: 'echo "$INPUTS_CHANNEL:" $build.output; pwd' }
`;

const TRAIN = `name: train
description: Couples wagons
nodes:
  - { id: list, bash: 'printf %s "[\\"coal\\", \\"ore\\"]"' }
  - { id: wagons, depends_on: [list], workflow: wagon, fan_out: { items: $list.output, as: load } }
`;
const WAGON = `name: wagon
description: Loads one
mutates_checkout: false
inputs: { load: { required: true } }
nodes:
  - { id: load, bash: 'echo "$INPUTS_LOAD of $WORKFLOW_ID"' }
`;

let directory: string;
let remove: () => Promise<void>;
let files: string;
beforeAll(async () => {
  ({ directory, remove } = await makeDirectory({
    ...{ 'release.yaml': RELEASE, 'broken.yaml': BROKEN },
    ...{ 'train.yaml': TRAIN, 'wagon.yaml': WAGON },
  }));
  files = await mkdtemp(join(tmpdir(), 'signalbox-stubs-'));
  await writeFile(join(files, 'stubs.yaml'), 'build: v1\nship: shipped\n');
  await writeFile(join(files, 'broken.yaml'), '- build\n');
});
afterAll(async () => {
  await remove();
  await rm(files, { recursive: true });
});

const dry = (...argv: string[]) => runFake(['run', 'release', '--dry-run', ...argv], { directory });
const inFiles = (name: string): string => join(files, name);

describe('run --dry-run', () => {
  it('prints what would happen, node by node, and how it would end', async () => {
    const result = await dry('--stubs', inFiles('stubs.yaml'));
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout.split('\n').filter((line) => !line.startsWith(' '))).toEqual([
      'COMPLETED build (bash) — stub',
      'COMPLETED review (approval) — decided: approve',
      'COMPLETED ship (bash) — stub',
      '',
      'Outcome: completed',
      'Summary: shipped',
      '',
    ]);
    expect(result.stdout).toContain('  resolved: Ship v1?\n');
    expect(result.stdout).toContain('  output: shipped\n');
  });

  it('is one object with --json', async () => {
    const result = await dry('--stubs', inFiles('stubs.yaml'), '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({
      ok: true,
      workflow: 'release',
      outcome: 'completed',
      trace: [
        { nodeId: 'build', nodeType: 'bash', state: 'completed', output: 'v1' },
        { nodeId: 'review', resolvedText: 'Ship v1?' },
        { nodeId: 'ship' },
      ],
      missingStubs: [],
      unusedStubs: [],
      summary: 'shipped',
    });
  });

  it('ends with 1 where stubs are missing', async () => {
    const result = await dry();
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain('\nOutcome: failed\nMissing stubs: build\n');
    const json = JSON.parse((await dry('--json')).stdout) as unknown;
    expect(json).toMatchObject({ ok: false, error: { code: 'STUB_MISSING' }, missingStubs: ['build'] });
  });

  it('makes up what is missing with --default-stubs', async () => {
    const result = await dry('--default-stubs');
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain('COMPLETED build (bash) — default stub\n');
    expect(result.stdout).toContain('  output: output of build\n');
  });

  it('stops at gates with --pause-at-gates', async () => {
    const result = await dry('--default-stubs', '--pause-at-gates');
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain('PAUSED    review (approval) — waits for a person\n');
    expect(result.stdout).toContain('Outcome: paused\n');
  });

  it('runs code with --exec-code: in the directory, with what the language puts into its environment', async () => {
    const result = await dry('--exec-code', '--input', 'channel=stable', '7');
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stdout).toContain('COMPLETED ship (bash) — executed\n');
    expect(result.stdout).toContain(`    stable: v7\n    ${directory}\n`);
  });

  it('fails as a run fails with --exec-code', async () => {
    const failing = await makeDirectory({
      'release.yaml': RELEASE.replace('printf "v%s" "$ARGUMENTS"', 'echo no compiler >&2; exit 3'),
    });
    const result = await runFake(['run', 'release', '--dry-run', '--exec-code'], failing);
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain("— Bash node 'build' failed [exit 3]: no compiler\n");
    await failing.remove();
  });

  it('is spelled by Archon, too, without a word about worktrees', async () => {
    const result = await runFake(['workflow', 'run', 'release', '--dry-run', '--default-stubs'], {
      directory,
    });
    expect(result.exitCode).toBe(0);
  });

  it('goes through sub-runs, one for each item, whose code sees its own inputs', async () => {
    const result = await runFake(['run', 'train', '--dry-run', '--exec-code'], { directory });
    expect(result.stdout.split('\n').filter((line) => !line.startsWith(' '))).toEqual([
      'COMPLETED list (bash) — executed',
      'COMPLETED wagon/load (bash) [item 0] — executed',
      'COMPLETED wagon/load (bash) [item 1] — executed',
      "COMPLETED wagons (workflow) — ran 'wagon' for 2 item(s)",
      '',
      'Outcome: completed',
      'Summary: ["coal of dry-run","ore of dry-run"]',
      '',
    ]);
  });

  it('asks for stubs of sub-runs, and writes them, by the name of their workflow', async () => {
    const file = inFiles('train.yaml');
    await runFake(['run', 'train', '--dry-run', '--stubs-init', file], { directory });
    expect(await readFile(file, 'utf8')).toMatch(
      /"list": .*\n"wagon\/load": "output of wagon\/load" {2}# bash\n$/,
    );
  });

  it('tells the faults of a file that cannot be run', async () => {
    const result = await runFake(['run', 'broken', '--dry-run'], { directory });
    expect(result.exitCode).toBe(65);
    expect(result.stderr).toContain('broken.yaml:4:5 error NODE_KIND_MISSING');
  });
});

describe('--stubs-init', () => {
  it('writes a file that a dry run can use, and never over another', async () => {
    const file = inFiles('new.yaml');
    const result = await dry('--stubs-init', file, '--json');
    expect(JSON.parse(result.stdout)).toEqual({ ok: true, workflow: 'release', file, nodeCount: 2 });
    expect(await readFile(file, 'utf8')).toContain('"build": "output of build"  # bash\n');
    expect((await dry('--stubs', file)).exitCode).toBe(0);
    const again = await dry('--stubs-init', file);
    expect(again.exitCode).toBe(64);
    expect(again.stderr).toContain('EEXIST');
  });
});

describe('a dry run refuses', () => {
  it.each([
    ...['--branch b', '--from b', '--from-branch b', '--base b', '--worktree', '--no-worktree', '--folder'],
    ...['--container', '--resume', '--detach', '--on-busy wait', '--wait-timeout 5s'],
  ])('%s, which means nothing to it', async (flag) => {
    const result = await dry(...flag.split(' '));
    expect(result).toMatchObject({ exitCode: 64 });
    expect(result.stderr).toContain('--dry-run does not go with --');
  });

  it.each(['--stubs f', '--default-stubs'])('--stubs-init with %s', async (flag) => {
    const result = await dry('--stubs-init', 'g', ...flag.split(' '));
    expect(result).toMatchObject({ exitCode: 64 });
    expect(result.stderr).toContain('--stubs-init writes a stub file');
  });

  it.each(['--stubs f', '--stubs-init f', '--default-stubs', '--exec-code', '--pause-at-gates'])(
    'to be forgotten: %s without --dry-run',
    async (flag) => {
      const result = await runFake(['run', 'release', ...flag.split(' ')], { directory });
      expect(result).toMatchObject({ exitCode: 64 });
      expect(result.stderr).toContain(`${flag.split(' ')[0]!} goes with --dry-run`);
    },
  );

  it('a stub file that is none, with the place', async () => {
    const result = await dry('--stubs', inFiles('broken.yaml'));
    expect(result.exitCode).toBe(64);
    expect(result.stderr).toContain('broken.yaml:1:1 error VALUE_INVALID');
  });

  it('a stub file that is not there, and inputs that are not declared', async () => {
    expect(await dry('--stubs', inFiles('none.yaml'))).toMatchObject({ exitCode: 64 });
    expect(await dry('--default-stubs', '--input', 'x=1')).toMatchObject({ exitCode: 64 });
  });
});
