import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boxContract } from '../ports/box.contract.js';
import { fakePrograms, makeFakeBox } from './fake-box.js';

boxContract('the fake box', async () => ({
  box: makeFakeBox(),
  programs: fakePrograms,
  directory: await mkdtemp(join(tmpdir(), 'signalbox-fake-box-')),
}));
