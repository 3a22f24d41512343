import { describe, expect, it } from 'vitest';
import type { Box, ContainmentLevel } from '../../../src/ports/box.js';
import { boxContract } from '../../ports/box.contract.js';
import { directoryOf, IS_ROOT, ORDINARY, OWN_LEVEL, startBoxHost } from '../../support/box-host.js';
import { openHostBox } from '../../support/host-boxes.js';
import { tempDirectory } from '../../support/temp-directory.js';
import { shellPrograms } from './programs.js';

/** Levels that a box of the suite really had. */
const ran = new Set<ContainmentLevel>();

function seen(box: Box): Box {
  ran.add(box.level);
  return box;
}

for (const level of [OWN_LEVEL, 3, 4] as const) {
  boxContract(`a box of level ${level}`, async () => ({
    box: seen(await openHostBox({ level })),
    programs: shellPrograms,
    directory: tempDirectory(),
  }));
}

boxContract(`a box of level ${OWN_LEVEL} whose commands a launcher starts`, async () => ({
  box: seen((await startBoxHost({ level: OWN_LEVEL, withLauncher: true })).box),
  programs: shellPrograms,
  directory: tempDirectory(),
}));

boxContract('a box of level 2, of an ordinary user,', async () => ({
  box: seen((await startBoxHost(ORDINARY)).box),
  programs: shellPrograms,
  directory: directoryOf(ORDINARY.uid),
}));

describe('the contract of a box', () => {
  it('has been tried at every level that its user can have', () => {
    const levels = [...ran].sort();
    console.log(`containment levels tried: ${levels.join(', ')}`);
    expect(levels).toEqual(IS_ROOT ? [1, 2, 3, 4] : [2, 3, 4]);
  });
});
