import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentHolder } from '../../src/adapters/stack/life-lock.js';
import { RunError } from '../../src/core/errors.js';
import { serve, type Service } from '../../worker/serve.js';
import { eventually } from '../support/eventually.js';
import { silentLogger } from '../support/silent-logger.js';

let stateDirectory: string;
beforeEach(() => void (stateDirectory = mkdtempSync(join(tmpdir(), 'signalbox-state-'))));
afterEach(() => rmSync(stateDirectory, { recursive: true, force: true }));

const holder = (): string | null => currentHolder(join(stateDirectory, 'worker', 'namespace.lock'));

/** As much of Temporal's worker as is served with: it polls until it is shut down, or fails. */
function aPoller() {
  let end: (error?: Error) => void = () => undefined;
  let state = 'INITIALIZED';
  const poller = {
    getState: () => state,
    run: () => {
      state = 'RUNNING';
      return new Promise<void>((resolve, reject) => {
        end = (error) => {
          state = 'STOPPED';
          if (error === undefined) resolve();
          else reject(error);
        };
      });
    },
    shutdown: () => {
      end();
    },
  };
  return { worker: poller as unknown as Worker, state: () => state, fail: (error: Error) => end(error) };
}

function aService(over: Partial<Service> = {}) {
  const pollers = [aPoller(), aPoller()];
  const journal: string[] = [];
  const service: Service = {
    stateDirectory,
    temporalNamespaceId: 'namespace',
    logger: silentLogger,
    claim: () => Promise.resolve(void journal.push(holder() === null ? 'not alone' : 'claim')),
    prepare: () => Promise.resolve(void journal.push('prepare')),
    makeWorkers: () => Promise.resolve((journal.push('make workers'), pollers.map(({ worker }) => worker))),
    tasks: [],
    ...over,
  };
  const stopping = new AbortController();
  const served = serve(service, stopping.signal, () => void journal.push('ready'));
  const isPolling = (): Promise<void> =>
    eventually(() => expect(pollers.map(({ state }) => state())).toEqual(['RUNNING', 'RUNNING']));
  return { journal, pollers, stopping, served, isPolling };
}

describe('a worker', () => {
  it('is alone, prepares, polls, says that it is ready; its lock is free when it has ended', async () => {
    const { journal, stopping, served, isPolling } = aService();
    await isPolling();
    expect(journal).toEqual(['claim', 'make workers', 'prepare', 'ready']);
    expect(holder()).not.toBeNull();
    stopping.abort();
    await served;
    expect(holder()).toBeNull();
  });

  it('says that it is ready while it stands by, and does nothing else until it is alone', async () => {
    const first = aService();
    await first.isPolling();
    const second = aService();
    await eventually(() => expect(second.journal).toEqual(['ready']));
    first.stopping.abort();
    await first.served;
    await second.isPolling();
    expect(second.journal).toEqual(['ready', 'claim', 'make workers', 'prepare', 'ready']);
    second.stopping.abort();
    await second.served;
  });

  it('polls nothing when it must not', async () => {
    const { journal, served } = aService({
      claim: () => Promise.reject(new RunError('HOST_ID_NOT_UNIQUE', 'taken')),
    });
    await expect(served).rejects.toMatchObject({ code: 'HOST_ID_NOT_UNIQUE' });
    expect(journal).toEqual([]);
    expect(holder()).toBeNull();
  });

  it('stops polling, and tells why, when it turns out later that it must not', async () => {
    const { pollers, stopping, served, isPolling } = aService();
    await isPolling();
    stopping.abort(new RunError('HOST_ID_NOT_UNIQUE', 'taken'));
    await expect(served).rejects.toMatchObject({ code: 'HOST_ID_NOT_UNIQUE' });
    expect(pollers.map(({ state }) => state())).toEqual(['STOPPED', 'STOPPED']);
  });

  it('ends as a whole when one of its parts fails', async () => {
    let isTaskOver = false;
    const task = {
      name: 'look',
      everyMs: 1,
      run: (signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            isTaskOver = true;
            resolve();
          });
        }),
    };
    const { pollers, served, isPolling } = aService({ tasks: [task] });
    await isPolling();
    pollers[1]!.fail(new Error('broken'));
    await expect(served).rejects.toThrow('broken');
    expect([pollers[0]!.state(), isTaskOver]).toEqual(['STOPPED', true]);
  });
});
