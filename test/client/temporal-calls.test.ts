import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Client, ServiceError, type ConnectionOptions } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { afterEach, describe, expect, it } from 'vitest';
import {
  readableTrouble,
  requireTemporal,
  withDeadline,
  type Temporal,
} from '../../src/client/temporal-calls.js';
import { connectionToNobody } from '../support/away-temporal.js';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closings.splice(0).map((close) => close()));
});

/** A Temporal at an address, which may be anything. */
function temporalAt(address: string, options: ConnectionOptions = {}): Temporal {
  return { client: new Client({ connection: connectionToNobody(address, options) }), address };
}

/** @returns the address of a server that is no Temporal */
async function listen(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    serve(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closings.push(async () => {
    for (const socket of sockets) socket.destroy();
    await once(server.close(), 'close');
  });
  return `localhost:${(server.address() as AddressInfo).port}`;
}

const answerHttp1 = (socket: Socket): void => {
  socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
};

/** What gRPC rejects a call with. */
function grpcError(code: number, details: string): Error {
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata: {} });
}

/** The same as Temporal's client passes it on. */
function serviceError(code: number, details: string): Error {
  return new ServiceError('Failed to start Workflow', { cause: grpcError(code, details) });
}

describe('an error of a call to Temporal', () => {
  it.each([
    [
      'a deadline that has passed',
      serviceError(4, 'waiting for metadata filters'),
      'does not answer (connect ECONNREFUSED 127.0.0.1:1)',
    ],
    [
      'a raw call without a server',
      grpcError(14, 'UNAVAILABLE'),
      'does not answer (connect ECONNREFUSED 127.0.0.1:1)',
    ],
    [
      'a missing namespace',
      new NamespaceNotFoundError('nope'),
      "turns us down (Namespace not found: 'nope')",
    ],
    ['a missing namespace, met by a raw call', grpcError(5, 'NOT_FOUND'), 'turns us down (5 NOT_FOUND)'],
    ['a missing right', serviceError(7, 'PERMISSION_DENIED'), 'turns us down (7 PERMISSION_DENIED)'],
    ['a server that is no Temporal', serviceError(12, 'UNIMPLEMENTED'), 'turns us down (12 UNIMPLEMENTED)'],
    ['a wrong key', serviceError(16, 'UNAUTHENTICATED'), 'turns us down (16 UNAUTHENTICATED)'],
  ])('that tells of %s says so, with the address', async (_what, error, sentence) => {
    expect(await readableTrouble(error, temporalAt('127.0.0.1:1'), { runId: 'r' })).toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      message: expect.stringContaining(`Temporal at 127.0.0.1:1 ${sentence}`),
      details: { runId: 'r' },
      cause: error,
    });
  });

  it.each([
    ['of ours', new TypeError('x is undefined')],
    ['about what was asked', serviceError(3, 'INVALID_ARGUMENT')],
  ])('%s stays as it is', async (_what, error) => {
    expect(await readableTrouble(error, temporalAt('127.0.0.1:1'))).toBe(error);
  });
});

describe('a Temporal that is required', () => {
  it.each<[string, () => Promise<Temporal>, string]>([
    [
      'whose port nobody listens on',
      () => Promise.resolve(temporalAt('127.0.0.1:1')),
      'connect ECONNREFUSED 127.0.0.1:1',
    ],
    [
      'whose name nobody knows',
      () => Promise.resolve(temporalAt('no.such.host.invalid:7233')),
      'no address is known for no.such.host.invalid:7233',
    ],
    ['that says nothing', async () => temporalAt(await listen(() => undefined)), 'no answer in 1.5 s'],
    [
      'that hangs up',
      async () => temporalAt(await listen((socket) => socket.destroy())),
      'the connection is closed as soon as it is made',
    ],
    [
      'that is a web server',
      async () => temporalAt(await listen(answerHttp1)),
      'what listens there does not speak gRPC, or wants TLS',
    ],
    [
      'that has no TLS where TLS is asked for',
      async () => temporalAt(await listen(answerHttp1), { tls: true }),
      'TLS: wrong version number',
    ],
    [
      'that is asked with a key',
      () => Promise.resolve(temporalAt('127.0.0.1:1', { apiKey: 'k', tls: false })),
      'connect ECONNREFUSED 127.0.0.1:1',
    ],
  ])('%s is told with the reason', async (_what, make, reason) => {
    const temporal = await make();
    await expect(requireTemporal(temporal, 0)).rejects.toMatchObject({
      code: 'TEMPORAL_UNREACHABLE',
      message: `Temporal at ${temporal.address} does not answer (${reason}); check that it runs and that TEMPORAL_ADDRESS is right (signalbox doctor tells more)`,
    });
  });
});

describe('a deadline', () => {
  it('is kept by a call that the client tries again and again', async () => {
    const { client } = temporalAt('127.0.0.1:1');
    const begun = performance.now();
    await expect(
      withDeadline(client, 1_000, () => client.workflow.getHandle('x').describe()),
    ).rejects.toBeInstanceOf(ServiceError);
    expect(performance.now() - begun).toBeLessThan(1_500);
  });

  it('does not hold up an answer, nor change it', async () => {
    const { client } = temporalAt('127.0.0.1:1');
    await expect(withDeadline(client, 60_000, () => Promise.resolve('answer'))).resolves.toBe('answer');
    const fault = new TypeError('x is undefined');
    await expect(withDeadline(client, 60_000, () => Promise.reject(fault))).rejects.toBe(fault);
  });
});
