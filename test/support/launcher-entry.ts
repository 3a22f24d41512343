import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileHostSide } from './compiled-source.js';

/** `bin/signalbox-launcher.js` over a compiled copy of the source tree. @returns its absolute path */
export function launcherEntry(): string {
  return writeLauncher(compileHostSide());
}

/** The same into such a copy that is there. */
export function writeLauncher(directory: string): string {
  const entry = join(directory, 'launcher.js');
  writeFileSync(
    entry,
    `import { serveLaunches } from './src/adapters/box/serve-launches.js';\nserveLaunches(process);\n`,
  );
  return entry;
}
