import { expect, it } from 'vitest';
import { makeLastWorker } from '../../worker/last-worker.js';
import { tempDirectory } from '../support/temp-directory.js';

it('a worker knows the one before it by the state directory that they share, also after it has noted itself', async () => {
  const stateDirectory = tempDirectory();
  const namespace = { temporalNamespaceId: 'n' };
  const [first, second] = [
    makeLastWorker(stateDirectory, namespace),
    makeLastWorker(stateDirectory, namespace),
  ];
  await first.note('a');
  expect(await second.before()).toBe('a');
  await second.note('b');
  expect(await second.before()).toBe('a');
  expect(await makeLastWorker(stateDirectory, namespace).before()).toBe('b');
  expect(await makeLastWorker(stateDirectory, { temporalNamespaceId: 'other' }).before()).toBeNull();
  expect(await makeLastWorker(tempDirectory(), namespace).before()).toBeNull();
});
