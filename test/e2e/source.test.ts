import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addWorkflows, jsonOf, makeRepository, type CliResult } from '../support/cli.js';
import { raiseLiveStack, type LiveStack } from '../support/live-stack.js';
import { linkRuntimes } from '../support/script-runtimes.js';

const SECONDS = 1000;

let stack: LiveStack;
let repository: string;
let runtimes: string;

beforeAll(async () => {
  runtimes = await mkdtemp(join(tmpdir(), 'signalbox-runtimes-'));
  linkRuntimes(runtimes, ['bun']);
  stack = await raiseLiveStack();
}, 300 * SECONDS);
afterAll(async () => {
  await stack.remove();
  await rm(runtimes, { recursive: true, force: true });
});
beforeEach(async () => {
  repository = await makeRepository({});
  return () => rm(repository, { recursive: true, force: true });
});

async function put(path: string, text: string): Promise<void> {
  const file = join(repository, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

const signalbox = (args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> =>
  stack.cli.run(args, {
    cwd: repository,
    env: { PATH: `${runtimes}:${process.env['PATH'] ?? ''}`, GH_TOKEN: '', GITHUB_TOKEN: '', ...env },
  });

interface Ended {
  readonly runId: string;
  readonly temporalWorkflowId: string;
  readonly output: string;
  readonly error: { readonly code: string; readonly message: string };
}
const endOf = (result: CliResult): Ended => jsonOf(result) as unknown as Ended;

describe('a config file', () => {
  beforeEach(async () => {
    await addWorkflows(repository, {
      task: `name: task
description: Shows what the config says
requires: [github]
nodes:
  - { id: show, bash: 'echo "$DOCS_DIR $WHO $OWN \${#GH_TOKEN}"' }
`,
    });
  });

  it('says where documents are, and gives variables to nodes that Temporal never sees', async () => {
    const secret = 'config-secret-1f6a';
    const own = `docs: { path: handbook/ }\nenv: { WHO: config, GH_TOKEN: ${secret} }\n`;
    await put('.archon/config.yaml', own);
    const result = await signalbox(['run', 'task', '--json'], { WHO: 'caller', OWN: 'mine' });
    expect(result.exitCode, result.stderr).toBe(0);
    const { output, temporalWorkflowId } = endOf(result);
    expect(output).toBe(`handbook/ config mine ${secret.length}`);
    const history = await stack.client.workflow.getHandle(temporalWorkflowId).fetchHistory();
    const text = JSON.stringify(history).replaceAll(/"data":"([^"]*)"/g, (_, data: string) =>
      Buffer.from(data, 'base64').toString('utf8'),
    );
    expect([text.includes('handbook/'), text.includes(secret)]).toEqual([true, false]);
  });

  it('does not start a workflow whose account nobody has', async () => {
    const result = await signalbox(['run', 'task', '--json']);
    expect(result.exitCode).toBe(69);
    expect(endOf(result).error).toMatchObject({
      code: 'ACCOUNT_REQUIRED',
      message: expect.stringContaining('GH_TOKEN or GITHUB_TOKEN'),
    });
    const started = await signalbox(['run', 'task', '--json'], { GITHUB_TOKEN: 'x' });
    expect(started.exitCode, started.stderr).toBe(0);
  });
});

describe('what a run was started with', () => {
  const first = `name: task
description: Works in two parts
nodes:
  - { id: early, bash: 'echo early' }
  - { id: wait, bash: 'test -e fixed', depends_on: [early] }
  - { id: late, script: report, runtime: bun, depends_on: [wait] }
`;

  async function failed(): Promise<Ended> {
    await addWorkflows(repository, { task: first });
    await put('.archon/scripts/report.ts', 'import { word } from "./lib/word";\nconsole.log(word);\n');
    await put('.archon/scripts/lib/word.ts', 'export const word = "as it was";\n');
    const result = await signalbox(['run', 'task', '--json']);
    expect(result.exitCode, result.stderr).toBe(1);
    await put('fixed', '');
    return endOf(result);
  }

  it('is what it is resumed with, though the files have changed', async () => {
    const { runId } = await failed();
    await addWorkflows(repository, { task: first.replace('script: report', 'script: other') });
    await put('.archon/scripts/lib/word.ts', 'export const word = "as it is";\n');
    await rm(join(repository, '.archon/scripts/report.ts'));
    const resumed = await signalbox(['resume', runId, '--json']);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(endOf(resumed).output).toBe('as it was');
  });

  it('is refused when somebody has altered the copy, until the copy is removed', async () => {
    const { runId } = await failed();
    const { rows } = await stack.database.query<{ output_root: string }>(
      'SELECT output_root FROM remote_agent_workflow_runs WHERE id = $1',
      [runId],
    );
    const copy = join(rows[0]!.output_root, 'artifacts/runs', runId, 'workflow-source');
    const word = join(copy, 'project/scripts/lib/word.ts');
    await chmod(word, 0o600);
    await writeFile(word, 'export const word = "altered";\n');
    const refused = await signalbox(['resume', runId, '--json']);
    expect(refused.exitCode).toBe(1);
    expect(endOf(refused).error).toMatchObject({
      code: 'SOURCE_ALTERED',
      message: expect.stringContaining(word),
    });
    await rm(copy, { recursive: true });
    const resumed = await signalbox(['resume', runId, '--json']);
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(endOf(resumed).output).toBe('as it was');
  });
});

describe('a workflow that is shipped', () => {
  it('runs where nobody has written any', async () => {
    await put('Makefile', 'check:\n\t@echo made\n');
    const result = await signalbox(['run', 'checks', '--json']);
    expect(result.exitCode, result.stderr).toBe(0);
    expect(endOf(result).output).toBe('The checks that this project brings along have passed.');
  });
});
