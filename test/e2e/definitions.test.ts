import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { jsonOf, makeCliHome, makeRepository, workIn, type CliHome, type Worksite } from '../support/cli.js';

const SECONDS = 1000;
const FIXTURES = fileURLToPath(new URL('../fixtures/definitions/', import.meta.url));

let cli: CliHome;
let repository: string;
let site: Worksite;

beforeAll(async () => {
  cli = await makeCliHome();
  const files = (await readdir(FIXTURES)).filter((file) => file.endsWith('.yaml'));
  const texts = await Promise.all(files.map((file) => readFile(join(FIXTURES, file), 'utf8')));
  const workflows = files.map((file, index) => [file.replace('.yaml', ''), texts[index]!] as const);
  repository = await makeRepository(Object.fromEntries(workflows));
  site = workIn(cli, repository);
}, 300 * SECONDS);

afterAll(async () => {
  await cli.remove();
  await rm(repository, { recursive: true, force: true });
});

interface Shown {
  readonly status: string;
  readonly nodes: readonly { readonly node: string; readonly status: string }[];
  readonly events: readonly { readonly type: string; readonly node: string | null; readonly data: unknown }[];
}

const shown = async (runId: string): Promise<Shown> =>
  jsonOf(await site.run('get', runId, '--verbose', '--events', '--json')) as unknown as Shown;

/** How each node of a run ended. */
async function nodesOf(runId: string): Promise<Readonly<Record<string, string>>> {
  const { nodes } = await shown(runId);
  return Object.fromEntries(nodes.map(({ node, status }) => [node, status]));
}

interface Expected {
  readonly args?: readonly string[];
  readonly exitCode: number;
  readonly status: string;
  /** What the run gave out. */
  readonly output?: string;
  readonly error?: { readonly code?: string; readonly message?: unknown };
  /** How its nodes ended, some of them. */
  readonly nodes: Readonly<Record<string, string>>;
}

const [done, skipped, failed] = ['completed', 'skipped', 'failed'];

/** By fixture, what comes of a run. */
const RUNS: Readonly<Record<string, Expected>> = {
  conditions: {
    exitCode: 0,
    status: 'completed',
    output: 'equal',
    nodes: {
      ...{ equal: done, unequal: skipped, number: done, both: done },
      ...{ neither: skipped, unreadable: skipped, behind: skipped },
    },
  },
  'trigger-rules': {
    exitCode: 1,
    status: 'failed',
    error: { message: expect.stringContaining("'bad'") },
    nodes: {
      ...{ good: done, bad: failed, skipped, strict: skipped, one: done },
      ...{ 'none-failed': done, 'one-failed': skipped, cleanup: done },
    },
  },
  references: {
    exitCode: 0,
    status: 'completed',
    output: 'it\'s "so"|$(exit 9) `exit 9`|[1,2]|null|done',
    nodes: { hostile: done, reader: done },
  },
  unresolved: {
    exitCode: 1,
    status: 'failed',
    error: {
      message: expect.stringMatching(/'cleanup': .*failed before execution.*'missing': .*without 'size'/s),
    },
    nodes: {
      ...{ facts: done, bad: failed, skipped, cleanup: failed },
      ...{ missing: failed, field: failed, whole: done },
    },
  },
  merged: {
    exitCode: 0,
    status: 'completed',
    output: 'ok ok',
    nodes: { first: done, second: done, last: done },
  },
  includes: {
    exitCode: 0,
    status: 'completed',
    output: 'got core: lint core strict',
    nodes: {
      ...{ first__lint: done, first__verdict: done },
      ...{ second__lint: skipped, second__verdict: skipped, end: done },
    },
  },
  'included-checks': {
    args: ['--input', 'package=app', '--input', 'level=lax'],
    exitCode: 0,
    status: 'completed',
    nodes: { lint: done, verdict: skipped },
  },
  'loop-group': {
    exitCode: 0,
    status: 'completed',
    output: 'ended at 3',
    nodes: { goal: done, count: done, end: done },
  },
  'loop-exhausted': {
    exitCode: 1,
    status: 'failed',
    error: { message: expect.stringMatching(/forever.*2/s) },
    nodes: { forever: failed },
  },
  'nested-loops': {
    exitCode: 0,
    status: 'completed',
    output: 'first of round 2 second',
    nodes: { rounds: done },
  },
  child: { args: ['Eve'], exitCode: 0, status: 'completed', nodes: { greeting: done, other: done } },
  'sub-run': {
    exitCode: 0,
    status: 'completed',
    output: 'hello Ada',
    nodes: { who: done, greet: done, tell: done },
  },
  'fan-out': {
    exitCode: 0,
    status: 'completed',
    output: '["hello Ada","hello Bob"]',
    nodes: { list: done, greet: done },
  },
  evidence: {
    exitCode: 1,
    status: 'failed',
    error: { message: expect.stringContaining('evidence.json') },
    nodes: { work: done },
  },
  outcome: { exitCode: 0, status: 'completed', output: '{"helped":false}', nodes: { report: done } },
  'output-format': {
    exitCode: 1,
    status: 'failed',
    error: { message: expect.stringContaining('output_format') },
    nodes: { measure: failed, after: skipped },
  },
  inputs: {
    args: ['go', '--input', 'ticket=T-1'],
    exitCode: 0,
    status: 'completed',
    output: 'main T-1 go',
    nodes: { show: done },
  },
  retry: { exitCode: 0, status: 'completed', output: 'second time', nodes: { flaky: done } },
  cancelled: {
    exitCode: 1,
    status: 'cancelled',
    error: { message: expect.stringContaining('there is nothing to do') },
    nodes: { look: done },
  },
};

describe('a run of', () => {
  it.each(Object.entries(RUNS))(
    '%s ends as it should',
    async (name, expected) => {
      const result = await site.run('run', name, ...(expected.args ?? []), '--json');
      expect(result.exitCode, result.stdout + result.stderr).toBe(expected.exitCode);
      const told = jsonOf(result) as { runId: string; status: string; output?: string; error?: unknown };
      expect(told.status, result.stdout).toBe(expected.status);
      if (expected.output !== undefined) expect(told.output).toBe(expected.output);
      if (expected.error !== undefined) expect(told.error).toMatchObject(expected.error);
      expect(await nodesOf(told.runId)).toMatchObject(expected.nodes);
    },
    120 * SECONDS,
  );
});

describe('a gate', () => {
  const start = async (name: string): Promise<string> => {
    const result = await site.run('run', name, '--json');
    expect(result.exitCode, result.stderr).toBe(0);
    const { status, runId } = jsonOf(result) as { status: string; runId: string };
    expect(status).toBe('paused');
    return runId;
  };
  const answer = async (runId: string, decision: string, text: string): Promise<void> => {
    const result = await site.run('respond', runId, decision, text, '--json');
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  };
  const asked = (runId: string, times: number): Promise<void> =>
    eventually(async () => {
      const { events } = await shown(runId);
      expect(events.filter(({ type }) => type === 'approval_requested')).toHaveLength(times);
    }, 60 * SECONDS);

  it(
    'pauses the run, and its answer decides what runs',
    async () => {
      const runId = await start('gate');
      await answer(runId, 'later', 'tomorrow');
      await site.becomes(runId, 'completed');
      expect(await nodesOf(runId)).toMatchObject({ ask: done, ship: skipped, wait: done });
    },
    120 * SECONDS,
  );

  it(
    'in a body pauses the run in each iteration, which sees the answer of the one before',
    async () => {
      const runId = await start('gate-in-body');
      await answer(runId, 'again', 'shorter');
      await asked(runId, 2);
      await answer(runId, 'approve', '');
      await site.becomes(runId, 'completed');
      const { output } = jsonOf(await site.run('get', runId, '--json')) as { output: string };
      expect(output).toBe('draft after: shorter');
    },
    120 * SECONDS,
  );
});
