import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServingWorker } from '../src/ports/host-registry.js';

/** Which worker has served last from a state directory: whoever has its lock knows that one to be over. */
export interface LastWorker {
  /** The instance of the one before this process; null: none is known. */
  before(): Promise<string | null>;
  note(instance: string): Promise<void>;
}

/** @param stateDirectory `$XDG_STATE_HOME/signalbox` */
export function makeLastWorker(
  stateDirectory: string,
  { temporalNamespaceId }: Pick<ServingWorker, 'temporalNamespaceId'>,
): LastWorker {
  const directory = join(stateDirectory, 'worker');
  const file = join(directory, `${temporalNamespaceId}.instance`);
  let before: Promise<string | null> | null = null;
  const readBefore = (): Promise<string | null> => (before ??= readFile(file, 'utf8').catch(() => null));
  return {
    before: readBefore,
    async note(instance) {
      await readBefore();
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(file, instance, { mode: 0o600 });
    },
  };
}
