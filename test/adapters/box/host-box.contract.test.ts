import { boxContract } from '../../ports/box.contract.js';
import { directoryOf, ORDINARY, OWN_LEVEL, startBoxHost } from '../../support/box-host.js';
import { openHostBox } from '../../support/host-boxes.js';
import { tempDirectory } from '../../support/temp-directory.js';
import { shellPrograms } from './programs.js';

for (const level of [OWN_LEVEL, 3, 4] as const) {
  boxContract(`a box of level ${level}`, async () => ({
    box: await openHostBox({ level }),
    programs: shellPrograms,
    directory: tempDirectory(),
  }));
}

boxContract(`a box of level ${OWN_LEVEL} whose commands a launcher starts`, async () => ({
  box: (await startBoxHost({ level: OWN_LEVEL, withLauncher: true })).box,
  programs: shellPrograms,
  directory: tempDirectory(),
}));

boxContract('a box of level 2, of an ordinary user,', async () => ({
  box: (await startBoxHost(ORDINARY)).box,
  programs: shellPrograms,
  directory: directoryOf(ORDINARY.uid),
}));
