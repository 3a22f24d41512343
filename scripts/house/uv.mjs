import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { signalboxHome } from './programs.mjs';
import { run, step, StepFailed } from './step.mjs';

/** What Python script nodes are tried with. */
const VERSION = '0.9.8';

/**
 * Finds uv, or fetches its wheel with pip: what somebody chose, PATH, our cache, pip.
 * @returns its absolute path
 */
export function findUv() {
  return step('Find uv', async () => {
    const chosen = process.env.SIGNALBOX_TEST_UV;
    if (chosen) return chosen;
    const folders = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute);
    const cached = join(signalboxHome(), 'cache/programs', `uv-${VERSION}`);
    for (const folder of [...folders, join(cached, 'bin')]) {
      if (await isProgram(join(folder, 'uv'))) return join(folder, 'uv');
    }
    await fetchWheel(cached);
    return join(cached, 'bin/uv');
  });
}

const isProgram = (path) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Of several that fetch at once each has a folder of its own, and one becomes the cache. */
async function fetchWheel(target) {
  await mkdir(join(target, '..'), { recursive: true });
  const draft = await mkdtemp(`${target}.`);
  const words = ['install', '--quiet', '--no-deps', '--target', draft, `uv==${VERSION}`];
  const { exitCode, output } = await run('python3', ['-m', 'pip', ...words]).catch((error) => ({
    exitCode: 1,
    output: error.message,
  }));
  if (exitCode === 0) await rename(draft, target).catch(() => {});
  await rm(draft, { recursive: true, force: true });
  if (exitCode === 0) return;
  throw new StepFailed(
    `uv, which runs Python scripts, was not found, and pip does not fetch it: ${output.trim()}`,
    'install uv (https://docs.astral.sh/uv), or Python 3 with pip (Debian: apt-get install python3-pip), then npm test',
  );
}
