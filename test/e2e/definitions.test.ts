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

const [done, skipped, failed] = ['completed', 'skipped', 'failed'] as const;

interface Shown {
  readonly status: string;
  readonly output: string | null;
  readonly error?: object;
  readonly completedAt: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly nodes: readonly { readonly node: string; readonly status: string }[];
  readonly events: readonly ShownEvent[];
}

interface ShownEvent {
  readonly type: string;
  readonly node: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

const shown = async (runId: string): Promise<Shown> =>
  jsonOf(await site.run('get', runId, '--verbose', '--events', '--json')) as unknown as Shown;

/** How each node of a run ended. */
const nodesOf = ({ nodes }: Shown): Readonly<Record<string, string>> =>
  Object.fromEntries(nodes.map(({ node, status }) => [node, status]));

/** What of an event is the same in every run. */
const TOLD = [
  ...['type', 'iteration', 'reason', 'expr', 'decision', 'approval_decision', 'comment', 'message'],
  ...['fan_out', 'aggregate', 'completionDetected', 'node_output', 'structured_output', 'error', 'warnings'],
];

const RUN_ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

function tellEvent({ type, node, data }: ShownEvent): string {
  const facts = TOLD.filter((key) => data[key] !== undefined).map(
    (key) => `${key}=${JSON.stringify(data[key])}`,
  );
  return [type, ...(node === null ? [] : [node]), ...facts].join(' ');
}

/** The events of a run, those of nodes that run side by side in one order: what a fixture's are held against. */
async function expectEvents(name: string, { events }: Shown): Promise<void> {
  const text = events.map(tellEvent).toSorted().join('\n').replaceAll(RUN_ID, '<run>');
  await expect(`${text}\n`).toMatchFileSnapshot(join(FIXTURES, 'events', `${name}.txt`));
}

/** A run begins before its nodes and ends after them, and each of these begins before it ends. */
function expectCausalOrder({ status, events }: Shown): void {
  const types = events.map(({ type }) => type);
  expect(types.filter((type) => type !== 'workflow_parse_warnings')[0]).toBe('workflow_started');
  if (status !== 'paused') expect(types.at(-1)).toBe(`workflow_${status}`);
  const begun = new Set<string>();
  for (const { type, node, data } of events) {
    const name = `${node} ${String(data['iteration'])}`;
    if (type === 'node_started') begun.add(name);
    if (type === 'node_completed' && (data['type'] === 'bash' || data['type'] === 'script')) {
      expect(begun, `${node} ends after it began`).toContain(name);
    }
  }
}

/** How many nodes of the file ended how; those in bodies are no nodes of the file. */
function countsOf(run: Shown): Readonly<Record<string, number>> {
  const ends = Object.entries(nodesOf(run)).flatMap(([node, end]) => (node.includes('.') ? [] : [end]));
  const count = (wanted: string): number => ends.filter((end) => end === wanted).length;
  return { completed: count(done), failed: count(failed), skipped: count(skipped), total: ends.length };
}

interface Expected {
  readonly args?: readonly string[];
  readonly exitCode: number;
  readonly status: string;
  /** What the run gave out. */
  readonly output?: unknown;
  /** What the author lets it say of itself. */
  readonly outcome?: 'succeeded' | 'failed';
  readonly error?: { readonly code?: string; readonly message?: unknown };
  /** How its nodes ended, some of them. */
  readonly nodes: Readonly<Record<string, string>>;
}

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
  outcome: {
    exitCode: 0,
    status: 'completed',
    output: '{"helped":false}',
    outcome: 'failed',
    nodes: { report: done },
  },
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
  timeout: {
    exitCode: 1,
    status: 'failed',
    error: { message: expect.stringContaining("'slow' timed out after 700ms") },
    nodes: { slow: failed, after: skipped, cleanup: done },
  },
  dataflow: {
    exitCode: 0,
    status: 'completed',
    output: 'slow',
    nodes: { slow: done, first: done, last: done },
  },
  'fan-out-tolerant': {
    exitCode: 0,
    status: 'completed',
    output: expect.stringContaining('"fine: 1",{"archon_failed":true'),
    nodes: { check: done, count: done },
  },
  'fan-out-strict': {
    exitCode: 1,
    status: 'failed',
    error: { message: expect.stringContaining("'check'") },
    nodes: { list: done, check: failed, after: skipped },
  },
  'check-one': {
    args: ['well'],
    exitCode: 0,
    status: 'completed',
    output: 'fine: well',
    nodes: { look: done },
  },
  artifact: {
    exitCode: 0,
    status: 'completed',
    output: 'all is well',
    nodes: { report: done, read: done },
  },
  variables: {
    args: ['mend', '$it'],
    exitCode: 0,
    status: 'completed',
    output: 'run\nartifacts\nstate\nlogs\nmend $it\ndocs/ <> <>',
    nodes: { same: done },
  },
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
      if (expected.output !== undefined) expect(told.output).toEqual(expected.output);
      if (expected.error !== undefined) expect(told.error).toMatchObject(expected.error);
      const run = await shown(told.runId);
      expect(run).toMatchObject({
        ...{ status: told.status, output: told.output ?? null, outcome: expected.outcome ?? null },
        completedAt: expect.any(String),
        ...(told.status === 'failed' ? { error: told.error } : {}),
      });
      expect(nodesOf(run)).toMatchObject(expected.nodes);
      if (run.status !== 'cancelled') expect(run.metadata['node_counts']).toEqual(countsOf(run));
      expectCausalOrder(run);
      await expectEvents(name, run);
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
      const run = await shown(runId);
      expect(nodesOf(run)).toMatchObject({ ask: done, ship: skipped, wait: done });
      await expectEvents('gate', run);
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
      const run = await shown(runId);
      expect(run.output).toBe('draft after: shorter');
      await expectEvents('gate-in-body', run);
    },
    120 * SECONDS,
  );

  it(
    'of the older form gives out what is said at it',
    async () => {
      const runId = await start('gate-with-text');
      const result = await site.run('approve', runId, 'the long one', '--json');
      expect(result.exitCode, result.stdout + result.stderr).toBe(0);
      await site.becomes(runId, 'completed');
      const run = await shown(runId);
      expect(run.output).toBe('it is the long one');
      await expectEvents('gate-with-text', run);
    },
    120 * SECONDS,
  );

  it(
    'fails when its time is over',
    async () => {
      const runId = await start('gate-that-closes');
      await site.becomes(runId, 'failed');
      const run = await shown(runId);
      expect(run.error).toMatchObject({ message: expect.stringContaining("'ask'") });
      expect(nodesOf(run)).toMatchObject({ ask: failed, after: skipped, late: done });
      await expectEvents('gate-that-closes', run);
    },
    120 * SECONDS,
  );

  it(
    'behind an iteration hears what is to be better, until the work says that it is good',
    async () => {
      const runId = await start('loop-with-people');
      const said = await site.run('approve', runId, 'shorter', '--json');
      expect(said.exitCode, said.stdout + said.stderr).toBe(0);
      await asked(runId, 2);
      const good = await site.run('approve', runId, 'make it good', '--json');
      expect(good.exitCode, good.stdout + good.stderr).toBe(0);
      await site.becomes(runId, 'completed');
      const run = await shown(runId);
      expect(run.output).toMatch(/^draft after <make it good>/);
      await expectEvents('loop-with-people', run);
    },
    120 * SECONDS,
  );
});

describe('a resume', () => {
  it(
    'runs again what always runs, and what depends on what it puts out',
    async () => {
      const first = await site.run('run', 'always-run', '--json');
      expect(first.exitCode, first.stderr).toBe(1);
      const { runId } = jsonOf(first) as { runId: string };
      const resumed = await site.run('resume', runId, '--json');
      expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0);
      const run = await shown(runId);
      expect(nodesOf(run)).toMatchObject({ kept: done, fresh: done, stale: done, flaky: done });
      await expectEvents('always-run', run);
    },
    120 * SECONDS,
  );
});

describe('a workflow that needs an agent', () => {
  it('is refused before anything starts, and says which node', async () => {
    const result = await site.run('run', 'agent', '--json');
    expect(result.exitCode, result.stdout).toBe(65);
    expect(jsonOf(result)).toMatchObject({
      ok: false,
      error: { code: 'AGENT_UNSUPPORTED', message: expect.stringContaining('ask') },
    });
  });
});
