import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  aHolder,
  GATE,
  HELLO,
  RUN_ID,
  runFake,
  STARTED,
  TEMPORAL_ID,
  type FakeWorld,
  useDirectory,
} from './fake-cli.js';

let directory: string;
useDirectory({ 'hello.yaml': HELLO }, (made) => {
  directory = made;
});

describe('a path in use', () => {
  const busy = (holder: ReturnType<typeof aHolder>, queueLength: number | null = 0): FakeWorld => ({
    directory,
    orchestrator: { start: () => Promise.resolve({ kind: 'busy', code: 'LEASE_HELD', holder, queueLength }) },
  });

  it('is told with who holds it and what can be done', async () => {
    const result = await runFake(['run', 'hello'], busy(aHolder()));
    expect(result).toMatchObject({ exitCode: 75, stdout: '' });
    expect(result.stderr).toMatchInlineSnapshot(`
      "✖ /home/me/repo is in use
        by       run 7c1f2a9e  fix-issue › node "implement" (bash)      running 12m04s
        started  2026-11-22 09:02:11 UTC by me@laptop
        wait     signalbox run hello --on-busy wait
        follow   signalbox logs -f 7c1f2a9e
        stop     signalbox cancel 7c1f2a9e
      "
    `);
  });

  it('by a run that waits for a person is told with how to answer it', async () => {
    const holder = aHolder({ status: 'paused', node: 'review', nodeKind: 'approval', waiting: [GATE] });
    expect((await runFake(['run', 'hello'], busy(holder))).stderr).toMatchInlineSnapshot(`
      "✖ /home/me/repo is in use
        by       run 7c1f2a9e  fix-issue › gate "review"      paused 12m04s
        started  2026-11-22 09:02:11 UTC by me@laptop
        wait     signalbox run hello --on-busy wait
        asks     Ship it?
        approve  signalbox approve 7c1f2a9e
        reject   signalbox reject 7c1f2a9e
        stop     signalbox cancel 7c1f2a9e
      "
    `);
  });

  it('by a run with several gates names each in its command', async () => {
    const second = { ...GATE, nodeId: "who's next", message: 'Which?', decisions: ['left', 'right way'] };
    const holder = aHolder({
      status: 'paused',
      node: 'review',
      nodeKind: 'approval',
      waiting: [GATE, second],
    });
    expect((await runFake(['run', 'hello'], busy(holder))).stderr).toMatchInlineSnapshot(`
      "✖ /home/me/repo is in use
        by       run 7c1f2a9e  fix-issue › gate "review"      paused 12m04s
        started  2026-11-22 09:02:11 UTC by me@laptop
        wait     signalbox run hello --on-busy wait
        asks     Ship it?
        approve  signalbox approve 7c1f2a9e --node review
        reject   signalbox reject 7c1f2a9e --node review
        asks     Which?
        answer   signalbox respond 7c1f2a9e left --node 'who'\\''s next'
        answer   signalbox respond 7c1f2a9e 'right way' --node 'who'\\''s next'
        stop     signalbox cancel 7c1f2a9e
      "
    `);
  });

  it('by a run whose worker is silent is told with how to wake it', async () => {
    const holder = aHolder({ isHostAlive: false, node: null });
    expect((await runFake(['run', 'hello'], busy(holder))).stderr).toMatchInlineSnapshot(`
      "✖ /home/me/repo is in use
        by       run 7c1f2a9e  fix-issue      silent 12m04s
        started  2026-11-22 09:02:11 UTC by me@laptop
        wait     signalbox run hello --on-busy wait
        silent   its worker has not been heard from for 15 seconds; the run goes on when one is back
        worker   signalbox up
      "
    `);
  });

  it('by something that is no run of ours is told by its ID', async () => {
    const holder = aHolder({
      runId: null,
      workflow: null,
      status: 'unknown',
      node: null,
      startedBy: null,
    });
    expect((await runFake(['run', 'hello'], busy(holder))).stderr).toMatchInlineSnapshot(`
      "✖ /home/me/repo is in use
        by       an execution that signalbox did not start: run.68656deb43f8cbb6ed458b5101933cec.me-repo
        started  2026-11-22 09:02:11 UTC
        wait     signalbox run hello --on-busy wait
      "
    `);
  });

  it('does not let names of others forge lines', async () => {
    const holder = aHolder({ workflow: 'a\u001b[2J\nb', startedBy: 'x\ny' });
    const { stderr } = await runFake(['run', 'hello'], busy(holder));
    expect(stderr).toContain('a [2J b ›');
    expect(stderr).toContain('by x y');
  });

  it('is one object with --json, the holder in it', async () => {
    const result = await runFake(['run', 'hello', '--json'], busy(aHolder()));
    expect(result.exitCode).toBe(75);
    expect(JSON.parse(result.stdout)).toEqual({
      ok: false,
      runId: null,
      workflow: 'hello',
      status: null,
      workingPath: '/home/me/repo',
      temporalWorkflowId: null,
      output: null,
      error: { code: 'LEASE_HELD', message: '/home/me/repo is in use' },
      holder: {
        runId: RUN_ID,
        workflow: 'fix-issue',
        status: 'running',
        node: 'implement',
        nodeKind: 'bash',
        since: STARTED,
        startedBy: 'me@laptop',
        workingPath: '/home/me/repo',
        temporalWorkflowId: TEMPORAL_ID,
        isHostAlive: true,
        waiting: [],
      },
      queueLength: 0,
    });
  });

  it('for which others wait says how many', async () => {
    const { stderr } = await runFake(['run', 'hello'], busy(aHolder(), 2));
    expect(stderr).toContain('\n  queue    2 waiting\n  wait     signalbox run hello --on-busy wait\n');
  });

  it('is told with a command that queues the very same start', async () => {
    const flags = ['--branch', 'my fix', '--from', 'dev', '--base', 'main', '--cwd', directory];
    const argv = ['run', 'hello', ...flags, "it's", '--', '-x'];
    const { stderr } = await runFake(argv, busy(aHolder()));
    const wait = `signalbox run hello --base main --cwd ${directory} --branch 'my fix' --from dev --on-busy wait -- 'it'\\''s' -x`;
    expect(stderr).toContain(`\n  wait     ${wait}\n`);
  });

  it('is told with one that starts the same elsewhere, where that can be', async () => {
    const instead = 'instead  signalbox run hello --branch NAME';
    const holder = aHolder({ workingPath: directory });
    const told = async (...flags: string[]): Promise<string> =>
      (await runFake(['run', 'hello', ...flags], busy(holder))).stderr;
    expect(await told()).not.toContain('instead');
    mkdirSync(join(directory, '.git'));
    expect(await told()).toContain(`\n  ${instead}\n`);
    expect(await told('--branch', 'x')).not.toContain('instead');
    expect(await told('--folder')).not.toContain('instead');
  });

  it('is told without such a command where it would fit no line', async () => {
    expect((await runFake(['run', 'hello', 'x'.repeat(400)], busy(aHolder()))).stderr).not.toContain('wait ');
  });
});
