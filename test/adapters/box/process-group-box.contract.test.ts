import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { makeProcessGroupBox } from '../../../src/adapters/box/process-group-box.js';
import { boxContract } from '../../ports/box.contract.js';
import { shellPrograms } from './programs.js';

const directories: string[] = [];

afterEach(async () => {
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true })));
});

for (const level of [3, 4] as const) {
  boxContract(`a box of level ${level}`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'signalbox-box-'));
    directories.push(directory);
    return { box: makeProcessGroupBox({ level }), programs: shellPrograms, directory };
  });
}
