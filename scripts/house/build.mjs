import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ROOT, step, StepFailed, tool } from './step.mjs';

const DIST = join(ROOT, 'dist');
const STAMP = 'build-stamp';
const SOURCES = ['src', 'workflows', 'activities', 'worker'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/house/build.mjs'];

async function filesUnder(folder) {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath ?? entry.path, entry.name)));
}

/** Digest of folders and files of the repository, and of the Node that reads them. */
export async function digestOf(folders, files) {
  const all = [...(await Promise.all(folders.map(filesUnder))).flat(), ...files].sort();
  const hash = createHash('sha256').update(process.version);
  for (const file of all) hash.update(`\0${file}\0`).update(await readFile(join(ROOT, file)));
  return hash.digest('hex');
}

/** What TypeScript leaves behind: SQL and the like stand beside the code that reads them. */
async function copyAssets(target) {
  const assets = (await Promise.all(SOURCES.map(filesUnder)))
    .flat()
    .filter((file) => !/\.(ts|md)$/.test(file));
  await Promise.all(assets.map((file) => cp(join(ROOT, file), join(target, file), { recursive: true })));
}

/**
 * As one scope the workflow code loads faster than as a hundred modules. And it runs on the Node that we ask for, so
 * nothing of the language has to be written out.
 */
function forThisNode(config) {
  for (const { use } of config.module.rules) if (use.options?.jsc) use.options.jsc.target = 'es2022';
  const oneScope = { concatenateModules: true, providedExports: true, usedExports: true, sideEffects: true };
  return { ...config, optimization: { ...config.optimization, ...oneScope } };
}

/**
 * One file with all workflow code, so that every worker of a version runs the same bytes.
 * @returns the code, for the worker's option `workflowBundle`
 */
export async function bundleWorkflows() {
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const problems = [];
  const note = (message) => problems.push(String(message));
  const quiet = () => {};
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: note, error: note };
  try {
    const workflowsPath = join(ROOT, 'workflows/index.ts');
    const { code } = await bundleWorkflowCode({
      ...{ workflowsPath, logger, webpackConfigHook: forThisNode },
      // Evaluated once for all executions of a thread, since no module of ours keeps anything.
      preloadModules: [workflowsPath],
    });
    return code;
  } catch (cause) {
    throw new StepFailed([...problems, cause.message].join('\n'), null, { cause });
  }
}

/**
 * Puts a finished build in the place of the last one. Each builder has a directory of its own, so of two
 * at once either wins, whole.
 */
async function swapIn(target) {
  const previous = `${target}.previous`;
  for (let tries = 1; ; tries += 1) {
    await rename(DIST, previous).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
    });
    try {
      await rename(target, DIST);
      break;
    } catch (error) {
      // Somebody else's finished build came in between.
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code) || tries === 20) throw error;
      await rm(previous, { recursive: true, force: true });
    }
  }
  await rm(previous, { recursive: true, force: true });
}

/** Builds `dist`, unless nothing that it depends on has changed. */
export async function build() {
  const digest = await digestOf(SOURCES, SETTINGS);
  const built = await readFile(join(DIST, STAMP), 'utf8').catch(() => null);
  if (built === digest) return;
  await step('Build', async (note) => {
    const cache = join(ROOT, 'node_modules/.cache/signalbox');
    await mkdir(cache, { recursive: true });
    const target = await mkdtemp(join(cache, 'build-'));
    try {
      await chmod(target, 0o755);
      note('compiling');
      await tool('typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', target]);
      await copyAssets(target);
      note('bundling workflows');
      await writeFile(join(target, 'workflow-bundle.js'), await bundleWorkflows());
      await writeFile(join(target, STAMP), digest);
      await swapIn(target);
    } finally {
      await rm(target, { recursive: true, force: true });
    }
  });
}
