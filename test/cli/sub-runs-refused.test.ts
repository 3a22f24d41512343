import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Orchestrator } from '../../src/client/orchestrator.js';
import { runFake, started, useDirectory } from './fake-cli.js';

let directory: string;
useDirectory({}, (made) => {
  directory = made;
});

interface Issue {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
}

/** What `run root` says where these are the nodes of the workflows; null: it starts. */
async function refusal(
  files: Readonly<Record<string, string>>,
  flag = '--detach',
): Promise<readonly string[] | null> {
  const folder = join(directory, '.archon/workflows');
  await mkdir(folder, { recursive: true });
  for (const [name, words] of Object.entries(files)) {
    await writeFile(join(folder, `${name}.yaml`), `name: ${name}\ndescription: ${name}\n${words}`);
  }
  let isStarted = false;
  const start: Orchestrator['start'] = (options) => {
    isStarted = true;
    return Promise.resolve(started(options));
  };
  const result = await runFake(['run', 'root', flag, '--json'], {
    directory,
    orchestrator: { start },
  });
  if (result.exitCode === 0) return null;
  expect(result.exitCode, result.stderr).toBe(65);
  expect(isStarted).toBe(false);
  const { issues } = JSON.parse(result.stdout) as { readonly issues: readonly Issue[] };
  return issues.map(({ file, line, column, code }) => {
    return `${file.slice(folder.length + 1)}:${line}:${column} ${code}`;
  });
}

const ROOT = 'nodes:\n  - id: sub\n    workflow: child\n';
const CHILD = "nodes:\n  - id: one\n    bash: 'true'\n";

describe('a run that could never run one of its sub-runs is refused at its start', () => {
  it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['one that is no workflow', { root: ROOT }, ['root.yaml:5:15 SUBRUN_NOT_FOUND']],
    [
      'a name that may mean several',
      { root: ROOT, 'old-child': CHILD, 'new-child': CHILD },
      ['root.yaml:5:15 SUBRUN_NOT_FOUND'],
    ],
    [
      'one whose own file is at fault',
      { root: ROOT, child: 'nodes:\n  - id: one\n' },
      ['root.yaml:5:15 SUBRUN_REFUSED'],
    ],
    [
      'an input that it does not have, and one that it needs',
      {
        root: `${ROOT}    with:\n      colour: red\n`,
        child: `inputs:\n  size:\n    required: true\n${CHILD}`,
      },
      ['root.yaml:5:15 INPUT_MISSING', 'root.yaml:7:15 INPUT_UNKNOWN'],
    ],
    [
      'a sub-run of a sub-run, told in its own file',
      { root: ROOT, child: 'nodes:\n  - id: a\n    workflow: grandchild\n' },
      ['child.yaml:5:15 SUBRUN_NOT_FOUND'],
    ],
    [
      'a sub-run that an included file names, told there',
      {
        root: 'nodes:\n  - id: part\n    include: shared\n',
        shared: 'nodes:\n  - id: a\n    workflow: gone\n',
      },
      ['shared.yaml:5:15 SUBRUN_NOT_FOUND'],
    ],
    [
      'itself, by way of another',
      { root: ROOT, child: 'nodes:\n  - id: a\n    workflow: root\n' },
      ['root.yaml:5:15 SUBRUN_CYCLE', 'child.yaml:5:15 SUBRUN_CYCLE'],
    ],
  ])('%s', async (_what, files, issues) => {
    expect(await refusal(files)).toEqual(issues);
  });

  it('and goes dry no further', async () => {
    expect(await refusal({ root: ROOT.replace('child', 'gone') }, '--dry-run')).toEqual([
      'root.yaml:5:15 SUBRUN_NOT_FOUND',
    ]);
  });

  it('and starts where all can run', async () => {
    expect(await refusal({ root: ROOT, child: CHILD })).toBeNull();
  });
});
