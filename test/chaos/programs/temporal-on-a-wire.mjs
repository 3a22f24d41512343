// A Temporal CLI whose server is reached through a wire that can be cut.
// node temporal-on-a-wire.mjs REAL_CLI DIRECTORY ...arguments of the CLI
// DIRECTORY/wire: `open`, `cut` (connections are reset, new ones refused), `silent` (nothing gets through) or `deaf`
// (requests arrive, answers are lost; connections are reset afterwards).
// DIRECTORY/direct: the port on which the server itself listens. DIRECTORY/hold, while it is there, keeps the
// server from starting. DIRECTORY/config: more dynamic configuration, one KEY=JSON a line.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const [cli, directory, ...args] = process.argv.slice(2);
const isServer = args[0] === 'server';
const LOOK_EVERY_MS = 20;

const text = (name, otherwise) => {
  try {
    return readFileSync(join(directory, name), 'utf8').trim();
  } catch {
    return otherwise;
  }
};

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The child dies with this process, however this process dies. */
function start(program, programArguments) {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...programArguments], {
    stdio: 'inherit',
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
}

function serveWire(port, directPort) {
  const sockets = new Set();
  let state = 'open';
  const pass = (data, { from, to, isAnswer }) => {
    if (isAnswer && state === 'deaf') return;
    if (to.write(data)) return;
    from.pause();
    to.once('drain', () => state !== 'silent' && from.resume());
  };
  const server = createServer((client) => {
    if (state === 'cut') return client.resetAndDestroy();
    const upstream = connect(directPort, '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on('data', (data) => pass(data, { from: one, to: other, isAnswer: one === upstream }));
      one.on('end', () => other.end());
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      if (state === 'silent') setTimeout(() => one.pause());
    }
  });
  server.listen(port, '127.0.0.1');
  setInterval(() => {
    const next = text('wire', 'open');
    if (next === state) return;
    const wasDeaf = state === 'deaf';
    state = next;
    for (const socket of sockets) {
      // A stream with a hole in it is of no use to anybody.
      if (wasDeaf || state === 'cut') socket.resetAndDestroy();
      else if (state === 'silent') socket.pause();
      else socket.resume();
    }
  }, LOOK_EVERY_MS);
}

if (!isServer) start(cli, args);
else {
  while (existsSync(join(directory, 'hold'))) await wait(LOOK_EVERY_MS);
  const portAt = args.indexOf('--port') + 1;
  const directPort = Number(text('direct', '')) || (await freePort());
  writeFileSync(join(directory, 'direct'), String(directPort));
  serveWire(Number(args[portAt]), directPort);
  const config = text('config', '').split('\n').filter(Boolean);
  start(cli, [
    ...args.with(portAt, String(directPort)),
    ...config.flatMap((entry) => ['--dynamic-config-value', entry]),
  ]);
}
