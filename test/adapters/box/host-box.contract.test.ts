import { boxContract } from '../../ports/box.contract.js';
import { openHostBox } from '../../support/host-boxes.js';
import { tempDirectory } from '../../support/temp-directory.js';
import { shellPrograms } from './programs.js';

for (const level of [1, 3, 4] as const) {
  boxContract(`a box of level ${level}`, async () => ({
    box: await openHostBox({ level }),
    programs: shellPrograms,
    directory: tempDirectory(),
  }));
}
