import { makeProcessGroupBox } from '../../../src/adapters/box/process-group-box.js';
import { boxContract } from '../../ports/box.contract.js';
import { tempDirectory } from '../../support/temp-directory.js';
import { shellPrograms } from './programs.js';

for (const level of [3, 4] as const) {
  boxContract(`a box of level ${level}`, () =>
    Promise.resolve({
      box: makeProcessGroupBox({ level }),
      programs: shellPrograms,
      directory: tempDirectory(),
    }),
  );
}
