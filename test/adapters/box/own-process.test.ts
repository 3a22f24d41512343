import { withTwoUsers } from '../../support/two-users.js';
import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compileHostSide } from '../../support/compiled-source.js';
import { bornWith, isAlive } from '../../support/living-processes.js';

const ORDINARY_UID = 65_534;
const isRoot = process.getuid?.() === 0;

/** A program that opens a box in a process of its own, and says on its last line how it went. */
const PROGRAM = `
import { findContainment } from './src/adapters/box/containment.js';
import { makeBox } from './src/adapters/box/make-box.js';
const [runId, directory, script] = process.argv.slice(2);
const silent = () => undefined;
const box = makeBox({
  containment: await findContainment(3),
  stateDirectory: directory + '/state',
  executions: { describe: async () => ({ isOpen: true, temporalRunId: '1' }) },
  logger: { info: silent, warn: silent, error: silent },
  killLimitMs: 500,
});
const owner = { runId, workingPath: directory, pathKey: 'a', temporalWorkflowId: 'run.x', temporalAddress: '', temporalNamespaceId: '', fenceToken: '1' };
await box.ensureOpen(owner, '1');
const exit = await box.enter({
  runId, attemptId: 'a.1', argv: ['/bin/bash', '-c', script], workingPath: directory,
  environment: { PATH: process.env.PATH }, stdoutPath: directory + '/out', stderrPath: directory + '/err',
});
const before = (await box.prove(runId)).processes.length;
const code = await box.close(owner, 200).then(() => 'closed', (error) => error.code + ': ' + error.message);
console.log(JSON.stringify({ uid: process.getuid(), exit, before, code }));
`;

let directory: string;
let runId: string;

beforeAll(() => {
  directory = compileHostSide();
  writeFileSync(join(directory, 'program.js'), PROGRAM);
});
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => {
  for (const pid of bornWith(`SIGNALBOX_RUN_ID=${runId}`)) spawnSync('kill', ['-KILL', String(pid)]);
});

/** Runs the program. `launcher`: what comes before it on the command line. */
async function runProgram(launcher: readonly string[], script: string, environment: NodeJS.ProcessEnv = {}) {
  runId = environment['SIGNALBOX_RUN_ID'] ?? randomUUID();
  const place = join(directory, runId);
  mkdirSync(place);
  if (isRoot) chownSync(place, ORDINARY_UID, ORDINARY_UID);
  const words = [...launcher, process.execPath, join(directory, 'program.js'), runId, place, script];
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(
      words[0]!,
      words.slice(1),
      { env: { PATH: process.env['PATH'], ...environment } },
      (error, out, err) => (error === null ? resolve(out) : reject(new Error(err || error.message))),
    );
  });
  return JSON.parse(stdout) as { uid: number; exit: object; before: number; code: string };
}

const DAEMONS = 'sleep 1000 & setsid sleep 1000 & nohup sleep 1000 > /dev/null 2>&1 & true';

describe('a box whose own process bears the run’s markers', () => {
  it('P4: ends the processes of the run, neither itself nor those above it', async () => {
    const markers = { SIGNALBOX_RUN_ID: randomUUID(), SIGNALBOX_ATTEMPT: 'outer.1' };
    const launcher = ['/bin/bash', '-c', '"$@"; status=$?; exit $status', 'launcher'];
    const told = await runProgram(launcher, DAEMONS, markers);
    expect(told).toMatchObject({ exit: { exitCode: 0 }, before: 3, code: 'closed' });
    expect(bornWith(`SIGNALBOX_RUN_ID=${runId}`)).toEqual([]);
  });
});

withTwoUsers(() => {
  describe('a box of an ordinary user', () => {
    const asOrdinaryUser = (setpriv: string): string[] => [
      setpriv,
      `--reuid=${ORDINARY_UID}`,
      `--regid=${ORDINARY_UID}`,
      '--clear-groups',
    ];

    it('ends daemons', async () => {
      const told = await runProgram(asOrdinaryUser('setpriv'), DAEMONS);
      expect(told).toMatchObject({ uid: ORDINARY_UID, exit: { exitCode: 0 }, before: 3, code: 'closed' });
      expect(bornWith(`SIGNALBOX_RUN_ID=${runId}`)).toEqual([]);
    });

    it('names what has become another user’s, and does not call the box closed', async () => {
      const vault = join(directory, 'vault');
      mkdirSync(vault);
      chownSync(vault, ORDINARY_UID, ORDINARY_UID);
      chmodSync(vault, 0o700);
      const setpriv = join(vault, 'setpriv');
      copyFileSync('/usr/bin/setpriv', setpriv);
      chmodSync(setpriv, 0o4755);
      const script = `${setpriv} --reuid=0 --regid=0 --clear-groups sleep 1000 & while ! grep -q sleep /proc/$!/cmdline; do :; done`;
      try {
        const told = await runProgram(asOrdinaryUser('setpriv'), script);
        expect(told.code).toMatch(
          /^PATH_STILL_OCCUPIED: still alive 500 ms after SIGKILL: \d+ \(root\) sleep 1000\. End/,
        );
        const pid = Number(/SIGKILL: (\d+)/.exec(told.code)?.[1]);
        expect(isAlive(pid)).toBe(true);
        process.kill(pid, 'SIGKILL');
      } finally {
        rmSync(vault, { recursive: true });
      }
    });
  });
});
