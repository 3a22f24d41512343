import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { RunError } from '../../core/errors.js';
import { onFreePorts } from './ports.js';

/** A time-skipping test server that runs. */
export interface TestServer {
  /** `host:port`. */
  readonly address: string;
  stop(): Promise<void>;
}

/** A Java program starts within a second or two; a busy machine takes longer. */
const READY_WITHIN_MS = 30_000;
const PAUSE_MS = 20;
const STDERR_CHARACTERS = 2_000;

/** Serves until its standard input closes: that happens however the process that started it ends. */
const GUARDED = [
  'exec 3<&0',
  '"$0" "$1" </dev/null 3<&- & server=$!',
  '{ read -r _ <&3; kill -KILL "$server"; } 2>/dev/null & guard=$!',
  'wait "$server"; status=$?; kill "$guard" 2>/dev/null; exit "$status"',
].join('\n');

/**
 * Starts a time-skipping test server on a free loopback port. It ends with this process, and does not keep it
 * from ending.
 * @param program as `findTestServer` gives it
 * @throws RunError `STACK_PART_FAILED` · `STACK_PORTS_TAKEN`
 */
export async function startTestServer(program: string): Promise<TestServer> {
  return onFreePorts([undefined], async ([port = 0]) => {
    const child = spawn('/bin/sh', ['-c', GUARDED, program, String(port)], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    const ended = endOf(child);
    const stop = async (): Promise<void> => {
      child.ref();
      child.stdin.end();
      await ended;
    };
    try {
      await Promise.race([answers(port), ended.then((said) => Promise.reject(failure(said)))]);
    } catch (error) {
      await stop();
      throw error;
    }
    for (const handle of [child, child.stdin, child.stderr] as { unref?: () => void }[]) handle.unref?.();
    return { address: `127.0.0.1:${port}`, stop };
  });
}

/** @returns what it said last */
function endOf(child: ChildProcess): Promise<string> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    said = (said + piece).slice(-STDERR_CHARACTERS);
  });
  child.stdin?.on('error', () => undefined);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve(said.trim()));
  });
}

async function answers(port: number): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  while (!(await isListening(port))) {
    if (performance.now() > giveUpAt) throw failure(`it did not listen within ${READY_WITHIN_MS} ms`);
    await wait(PAUSE_MS);
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function failure(reason: string): RunError {
  return new RunError(
    'STACK_PART_FAILED',
    `the time-skipping test server does not start: ${reason || 'it ended without a word'}. Try it by hand, or name another in SIGNALBOX_TEST_SERVER`,
  );
}
