import { access, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflows, digestOf } from './build.mjs';
import { main, ROOT } from './step.mjs';

const FOLDER = join(ROOT, 'node_modules/.cache/signalbox');
const DAY_MS = 86_400_000;

async function removeOldBundles() {
  for (const name of await readdir(FOLDER)) {
    const path = join(FOLDER, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
    if (name.startsWith('workflows-') && Date.now() - mtimeMs > DAY_MS) await rm(path, { force: true });
  }
}

/** File with the code of the workflows as they stand in the source tree; made once per state of it. */
async function freshBundle() {
  const settings = ['package-lock.json', 'scripts/house/build.mjs'];
  const digest = await digestOf(['src/core', 'src/contract', 'workflows'], settings);
  const path = join(FOLDER, `workflows-${digest.slice(0, 16)}.js`);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) return path;
  await mkdir(FOLDER, { recursive: true });
  const draft = await mkdtemp(join(FOLDER, 'draft-'));
  try {
    await writeFile(join(draft, 'bundle.js'), await bundleWorkflows());
    await rename(join(draft, 'bundle.js'), path);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  await removeOldBundles();
  return path;
}

await main(async () => console.log(await freshBundle()));
