import { createHash } from 'node:crypto';
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, ROOT, step, StepFailed } from './step.mjs';

const LOCKFILE = join(ROOT, 'package-lock.json');
/** Digest of the lockfile that `node_modules` was found to agree with. */
const STAMP = join(ROOT, 'node_modules/.signalbox-lock');

const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'));

function checkNode(minimum) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = minimum.split('.').map(Number);
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    throw new StepFailed(
      `signalbox needs Node ${minimum} or newer; this is ${process.versions.node}`,
      'install a newer Node from https://nodejs.org, then run this again',
    );
  }
}

/** Whether npm's own record of what it installed names every package of the lockfile in its version. */
async function agreesWithLockfile() {
  try {
    const wanted = (await readJson(LOCKFILE)).packages;
    const found = (await readJson(join(ROOT, 'node_modules/.package-lock.json'))).packages;
    return Object.entries(wanted).every(
      ([path, { version, optional }]) =>
        path === '' || (optional && !found[path]) || found[path]?.version === version,
    );
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** npm keeps its cache at home; without a home that can be written it gets one in the temporary directory. */
async function npmEnvironment() {
  const isWritable = await access(homedir() || '/', constants.W_OK).then(
    () => true,
    () => false,
  );
  const cache = isWritable
    ? {}
    : { npm_config_cache: join(tmpdir(), `npm-cache-${process.getuid?.() ?? 0}`) };
  return { ...process.env, NODE_ENV: 'development', ...cache };
}

/** `npm ci`, unless what is installed is what the lockfile says. */
export async function ensureInstalled() {
  checkNode((await readJson(join(ROOT, 'package.json'))).engines.node.replace(/^[^\d]*/, ''));
  const digest = createHash('sha256')
    .update(await readFile(LOCKFILE))
    .digest('hex');
  const stamped = await readFile(STAMP, 'utf8').catch(() => null);
  if (stamped === digest) return;
  if (!(await agreesWithLockfile())) {
    await step('Install packages (npm ci)', async () =>
      mustRun('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
        env: await npmEnvironment(),
        next: 'npm ci, to see npm’s own words; it needs the network or a filled cache',
      }),
    );
  }
  await writeFile(STAMP, digest);
}
