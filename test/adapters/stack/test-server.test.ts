import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTestServer } from '../../../src/adapters/stack/test-server.js';
import { compileStack } from '../../support/compiled-stack.js';
import { eventually } from '../../support/eventually.js';

const PROGRAM = process.env['SIGNALBOX_TEST_SERVER']!;

const isListening = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const [host, port] = address.split(':') as [string, string];
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

const untilSilent = (address: string): Promise<void> =>
  eventually(async () => {
    if (await isListening(address)) throw new Error(`${address} still listens`);
  });

/** A process of its own that starts a server, then does what `then` says. */
async function startElsewhere(then: string) {
  const module = join(compileStack(), 'src/adapters/stack/test-server.js');
  const code = `const { startTestServer } = await import(${JSON.stringify(module)});
    console.log((await startTestServer(${JSON.stringify(PROGRAM)})).address);
    ${then}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const said = once(child.stdout.setEncoding('utf8'), 'data');
  const [address] = (await Promise.race([said, ended])) as [unknown];
  return { process: child, ended, address: String(address).trim() };
}

describe('a time-skipping test server', () => {
  it('listens until it is stopped', async () => {
    const server = await startTestServer(PROGRAM);
    expect(await isListening(server.address)).toBe(true);
    await server.stop();
    expect(await isListening(server.address)).toBe(false);
  });

  it('ends with the process that started it, however that ends', async () => {
    const { process: parent, address } = await startElsewhere('setInterval(() => undefined, 1000)');
    expect(await isListening(address)).toBe(true);
    parent.kill('SIGKILL');
    await untilSilent(address);
  });

  it('does not keep the process that started it from ending', async () => {
    const { ended, address } = await startElsewhere('');
    expect(await ended).toEqual([0, null]);
    await untilSilent(address);
  });

  it('that cannot start says what it said last', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'signalbox-test-server-'));
    const program = join(directory, 'broken');
    writeFileSync(program, '#!/bin/sh\necho "no JRE here" >&2\nexit 3\n', { mode: 0o755 });
    await expect(startTestServer(program)).rejects.toMatchObject({
      code: 'STACK_PART_FAILED',
      message: expect.stringContaining('no JRE here') as string,
    });
    rmSync(directory, { recursive: true });
  });
});
