import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addWorkflows,
  chainOf,
  makeCliHome,
  jsonOf,
  makeRepository,
  workIn,
  type CliHome,
  type Worksite,
} from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { findEndpoints } from '../support/live-stack.js';
import { bornWith } from '../support/living-processes.js';

const SECONDS = 1000;

let cli: CliHome;
let repository: string;
let site: Worksite;

beforeAll(async () => {
  cli = await makeCliHome({ GREETING: 'from the caller' });
  repository = await makeRepository({ hello: chainOf('hello', 'echo "$GREETING"', 'echo $n1.output, too') });
  site = workIn(cli, repository);
}, 900 * SECONDS);

afterAll(async () => {
  await cli.remove();
  await rm(repository, { recursive: true, force: true });
});

describe('a person at a terminal', () => {
  it(
    'runs a workflow on a stack that comes up by itself, and reads its result',
    async () => {
      const result = await site.run('run', 'hello', 'world');
      expect(result.exitCode, result.stderr).toBe(0);
      expect(result.stdout.trim()).toBe('from the caller, too');
      expect(result.stderr).toContain('[n1] completed');
      expect(result.stderr).toContain('[n2] completed');
    },
    900 * SECONDS,
  );

  it('is refused while the path is in use, and told by whom and what to do', async () => {
    await site.define('long', 'sleep 100');
    const runId = await site.detach('long');
    const refused = await site.run('run', 'hello');
    expect(refused.exitCode).toBe(75);
    expect(refused.stderr).toContain(`is in use`);
    expect(refused.stderr).toContain(`signalbox logs -f ${runId.slice(0, 8)}`);
    expect(refused.stderr).toContain(`signalbox cancel ${runId.slice(0, 8)}`);
    const object = jsonOf(await site.run('run', 'hello', '--json'));
    expect(object).toMatchObject({
      ok: false,
      error: { code: 'LEASE_HELD' },
      holder: { runId, workflow: 'long' },
    });
    const cancelled = await cli.run(['cancel', runId.slice(0, 8), '--reason', 'enough']);
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    expect(await site.statusOf(runId)).toBe('cancelled');
    expect((await site.run('run', 'hello')).exitCode).toBe(0);
  });

  it('cancels a run whose node left daemons behind, and nothing of it lives on', async () => {
    await site.define(
      'daemons',
      'setsid sleep 97 & (setsid sleep 97 &) ; nohup sleep 97 >/dev/null 2>&1 & trap "" TERM; echo up > ready; sleep 97',
    );
    const runId = await site.detach('daemons');
    const marker = `SIGNALBOX_RUN_ID=${runId}`;
    await site.appears('ready');
    expect(bornWith(marker).length).toBeGreaterThanOrEqual(4);
    const cancelled = await cli.run(['cancel', runId]);
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    expect(bornWith(marker)).toEqual([]);
    await rm(join(repository, 'ready'));
  });

  it('leaves a run with one Ctrl-C, which goes on', async () => {
    await site.define('patient', 'echo begun > begun; sleep 3; echo over');
    const watching = cli.start(['run', 'patient'], { cwd: repository });
    await site.appears('begun');
    await eventually(() => {
      expect(watching.output().stderr).toContain('[n1] started');
    });
    watching.process.kill('SIGINT');
    const left = await watching.ended();
    expect(left.exitCode).toBe(130);
    expect(left.stderr).toContain('signalbox logs -f');
    const { runs } = jsonOf(await site.run('runs', '--limit', '1', '--json')) as {
      runs: { runId: string }[];
    };
    await site.becomes(runs[0]?.runId ?? '', 'completed');
  });

  it('answers gates, once', async () => {
    await addWorkflows(repository, {
      review: JSON.stringify({
        name: 'review',
        description: 'asks',
        interactive: true,
        nodes: [
          { id: 'ask', approval: { message: 'Ship it?', decisions: [{ id: 'approve' }, { id: 'rework' }] } },
          { id: 'told', depends_on: ['ask'], bash: 'echo $ask.output.decision: $ask.output.text' },
        ],
      }),
    });
    const paused = await site.run('run', 'review');
    expect(paused.exitCode, paused.stderr).toBe(0);
    expect(paused.stdout).toContain('signalbox approve');
    const { runs } = jsonOf(await site.run('status', '--json')) as { runs: { runId: string }[] };
    const runId = runs[0]?.runId ?? '';
    expect(await site.statusOf(runId)).toBe('paused');
    const undeclared = await cli.run(['respond', runId, 'maybe']);
    expect(undeclared.exitCode).toBe(64);
    expect(undeclared.stderr).toContain('approve, rework');
    expect((await cli.run(['respond', runId, 'rework', 'not', 'yet'])).exitCode).toBe(0);
    await site.becomes(runId, 'completed');
    const again = await cli.run(['approve', runId]);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toMatch(/RUN_CLOSED|DECISION_ALREADY_MADE/);
    const got = await cli.run(['get', runId, '--verbose']);
    expect(got.stdout).toContain('rework: not yet');
  });

  it('ends a run with a reject, which is no failure', async () => {
    const paused = await site.run('run', 'review', '--json');
    const { runId } = jsonOf(paused) as { runId: string };
    expect((await cli.run(['reject', runId, 'no'])).exitCode).toBe(0);
    await site.becomes(runId, 'cancelled');
  });

  it('sees a failed node, its last words, and exit code 1', async () => {
    await site.define('broken', 'echo "cannot do it" >&2; exit 3');
    const failed = await site.run('run', 'broken');
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain("Bash node 'n1' failed [exit 3]: cannot do it");
    expect(jsonOf(await site.run('run', 'broken', '--json'))).toMatchObject({
      ok: false,
      status: 'failed',
    });
  });
});

describe('texts reach nodes as data', () => {
  it.each([
    ['shell code', '$(touch hacked) `touch hacked` ; touch hacked'],
    ['quotes', `'"' " '' \\`],
    ['emoji', '🚂 → 🚃'],
    ['line ends', 'one\ntwo\r\n\tthree'],
    ['a hundred KiB', 'y'.repeat(100 * 1024)],
  ])('a message of %s', async (_what, message) => {
    await site.define('message', 'printf %s "$ARGUMENTS" > said', 'printf %s $n1.output');
    const result = await site.run('run', 'message', message);
    expect(result.exitCode, result.stderr.slice(-2000)).toBe(0);
    expect(await readFile(join(repository, 'said'), 'utf8')).toBe(message);
    await expect(readFile(join(repository, 'hacked'))).rejects.toThrow();
  });

  it('an output of 16 MiB arrives intact', async () => {
    const digest = createHash('sha256')
      .update('z'.repeat(16 * 1024 * 1024))
      .digest('hex');
    await site.define(
      'large',
      `head -c ${16 * 1024 * 1024} /dev/zero | tr '\\0' z`,
      'printf %s $n1.output | sha256sum | cut -d" " -f1',
    );
    const result = await site.run('run', 'large');
    expect(result.exitCode, result.stderr.slice(-2000)).toBe(0);
    expect(result.stdout.trim()).toBe(digest);
  });

  it('a script above the limit of a Temporal payload runs', async () => {
    await site.define('huge', `: '${'h'.repeat(600 * 1024)}'\necho done`);
    const result = await site.run('run', 'huge');
    expect(result.exitCode, result.stderr.slice(-2000)).toBe(0);
    expect(result.stdout.trim()).toBe('done');
  });
});

describe('bad input is refused before anything starts', () => {
  it.each<[string, string[], number, RegExp]>([
    ['an unknown command', ['rnu', 'hello'], 64, /did you mean.*run/],
    ['an unknown option', ['run', 'hello', '--detatch'], 64, /--detach/],
    ['an unknown workflow', ['run', 'nothing-like-it'], 64, /hello/],
    ['a missing directory', ['run', 'hello', '--cwd', '/nowhere/at/all'], 64, /does not exist/],
    ['an input that nobody declared', ['run', 'hello', '--input', 'a=1'], 64, /no input a/],
    ['an input given twice', ['run', 'hello', '--input', 'a=1', '--input', 'a=2'], 64, /twice/],
    ['a message above 128 KiB', ['run', 'hello', 'x'.repeat(131_060)], 64, /128 KiB/],
    ['a run id that fits none', ['get', 'ffffffff'], 64, /no run has an id/],
    ['a flag of Archon that is refused', ['run', 'hello', '--container'], 64, /--container/],
  ])('%s', async (_what, args, exitCode, sentence) => {
    const result = await site.run(...args);
    expect(result.exitCode, result.stderr).toBe(exitCode);
    expect(result.stderr).toMatch(sentence);
    expect(result.stdout).toBe('');
  });

  it('a definition with faults names all of them, with their places', async () => {
    await writeFile(
      join(repository, '.archon', 'workflows', 'faulty.yaml'),
      'name: faulty\ndescription: d\ncontainer: {enabled: true}\nnodes:\n  - id: a\n    bash: echo $b.output\n  - id: a\n    prompt: hi\n    depends_on: [zz]\n',
    );
    const result = await site.run('run', 'faulty');
    expect(result.exitCode, result.stderr).toBe(65);
    expect(result.stderr).toMatch(/faulty\.yaml:6:\d+/);
    expect(result.stderr).toContain('CONTAINER_UNSUPPORTED');
    await rm(join(repository, '.archon', 'workflows', 'faulty.yaml'));
  });
});

describe('services that are away', () => {
  const NOBODY = '127.0.0.1:1';

  it.each(['Temporal', 'Postgres'])(
    '%s: exit code 69 within ten seconds, with the address',
    async (service) => {
      const { temporal, database } = await findEndpoints(cli);
      const env = {
        TEMPORAL_ADDRESS: service === 'Temporal' ? NOBODY : temporal.address,
        DATABASE_URL: service === 'Postgres' ? `postgres://me:secret@${NOBODY}/x` : database.url,
      };
      const begun = Date.now();
      const result = await cli.run(['run', 'hello'], { cwd: repository, env });
      expect(Date.now() - begun).toBeLessThan(10 * SECONDS);
      expect(result.exitCode, result.stderr).toBe(69);
      expect(result.stderr).toContain(`connect ECONNREFUSED ${NOBODY}`);
      expect(result.stderr).not.toContain('may have started');
      expect(result.stderr).not.toContain('secret');
    },
  );
});

describe('four command lines at once', () => {
  it(
    'never overlap in one directory, twenty times in a row',
    async () => {
      await site.define(
        'canary',
        'set -o noclobber; : > canary || { echo overlap >> overlaps; exit 9; }; sleep 0.05; rm canary; echo one >> passes',
      );
      let completed = 0;
      for (let round = 0; round < 20; round += 1) {
        const results = await Promise.all(Array.from({ length: 4 }, () => site.run('run', 'canary')));
        const codes = results.map((result) => result.exitCode);
        expect(codes.filter((code) => code !== 0 && code !== 75)).toEqual([]);
        completed += codes.filter((code) => code === 0).length;
        expect(codes).toContain(0);
      }
      await expect(readFile(join(repository, 'overlaps'))).rejects.toThrow();
      const passes = (await readFile(join(repository, 'passes'), 'utf8')).trim().split('\n');
      expect(passes).toHaveLength(completed);
    },
    300 * SECONDS,
  );
});
