import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addWorkflows,
  jsonOf,
  makeCliHome,
  makeRepository,
  workIn,
  type CliHome,
  type Worksite,
} from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { linkRuntimes } from '../support/script-runtimes.js';

const SECONDS = 1000;
const FIXTURE = fileURLToPath(new URL('../fixtures/definitions/programs.yaml', import.meta.url));
const PERMITS = 2;

let cli: CliHome;
let repository: string;
let site: Worksite;
/** A folder for `PATH`. */
let runtimes: string;

/** No machine has them there. */
const PATH = '/usr/bin:/bin';

beforeAll(async () => {
  runtimes = await mkdtemp(join(tmpdir(), 'signalbox-runtimes-'));
  linkRuntimes(runtimes);
  cli = await makeCliHome({ PATH, SIGNALBOX_MAX_NODES: String(PERMITS) });
  // The worker has the environment of whoever brings it up.
  const up = await cli.run(['up']);
  expect(up.exitCode, up.stderr).toBe(0);
  repository = await makeRepository({ programs: await readFile(FIXTURE, 'utf8') });
  const scripts = join(repository, '.archon/scripts');
  await mkdir(scripts, { recursive: true });
  await writeFile(
    join(scripts, 'shout.ts'),
    'import { loud } from "./loud";\nconsole.log(loud(process.env.INPUTS_TEXT!));',
  );
  await writeFile(
    join(scripts, 'loud.ts'),
    'export const loud = (text: string): string => text.toUpperCase();',
  );
  site = workIn(cli, repository);
}, 300 * SECONDS);

afterAll(async () => {
  await cli.remove();
  for (const folder of [repository, runtimes]) await rm(folder, { recursive: true, force: true });
});

interface Shown {
  readonly runId: string;
  readonly nodes: readonly { node: string; status: string; text: string }[];
  readonly events: readonly { type: string; node: string | null; data: Record<string, unknown> }[];
}

const shown = async (runId: string): Promise<Shown> =>
  jsonOf(await site.run('get', runId, '--verbose', '--events', '--json')) as unknown as Shown;

describe('a workflow of programs', () => {
  it('runs TypeScript, Python and named scripts, which see what the others gave out', async () => {
    const env = { PATH: `${runtimes}:${PATH}`, UV_CACHE_DIR: join(runtimes, 'cache') };
    const result = await cli.run(['run', 'programs', 'go', 'on', '--json'], { cwd: repository, env });
    expect(result.exitCode, result.stderr + result.stdout).toBe(0);
    const { runId, output } = jsonOf(result) as { runId: string; output: string };
    expect(output).toBe('["one","two","three"] 6 3 go on HELLO, 3 WORDS');
    const { events } = await shown(runId);
    const of = (type: string, node: string) =>
      events.find((event) => event.type === type && event.node === node)?.data;
    expect(of('node_started', 'python')).toMatchObject({ type: 'script', runtime: 'uv' });
    const artifact = of('workflow_artifact', 'words');
    expect(artifact).toMatchObject({
      nodeId: 'words',
      outputType: 'word-list',
      path: 'nodes/words.md',
      runId,
    });
  });

  it('ends at its start where a runtime is missing, and says what to install', async () => {
    const result = await cli.run(['run', 'programs', '--json'], { cwd: repository });
    expect(result.exitCode, result.stderr).toBe(69);
    const { runId, error } = jsonOf(result) as { runId: string; error: { code: string; message: string } };
    expect(error).toMatchObject({ code: 'RUNTIME_MISSING', message: expect.stringContaining('Install Bun') });
    expect((await shown(runId)).nodes).toEqual([]);
  });
});

describe('a worker with two permits', () => {
  it('has two of six nodes work at once, and says which wait', async () => {
    const nodes = Array.from({ length: 6 }, (_, index) => ({
      id: `n${index}`,
      bash: 'until [ -e "$ARTIFACTS_DIR/../go" ]; do sleep 0.05; done; echo done',
    }));
    const text = JSON.stringify({ name: 'wide', description: 'Six at once', nodes });
    await addWorkflows(repository, { wide: text });
    const runId = await site.detach('wide');
    const waiting = await eventually(async () => {
      const waits = (await shown(runId)).nodes.filter(({ text }) => text === 'waits for a permit');
      expect(waits).toHaveLength(6 - PERMITS);
      return waits;
    }, 20 * SECONDS);
    expect(waiting.every(({ status }) => status === 'running')).toBe(true);
    const plain = await site.run('get', runId);
    expect(plain.stdout).toContain('4 of its nodes wait for a permit of the host: n');
    const { stdout: status } = await site.run('status');
    expect(status).toMatch(/n\d \(bash\), n\d \(bash\); 4 without a permit: n\d, n\d, n\d, n\d /);
  });
});
