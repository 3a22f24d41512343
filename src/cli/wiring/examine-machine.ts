import { execFile } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { findContainment } from '../../adapters/box/containment.js';
import { findBash, findOnPath } from '../../adapters/process/find-program.js';
import { readHostId } from '../../client/host-id.js';
import type { Config } from '../../config/config.js';
import { ok, type Check, type Seen } from './check.js';

/** What of this machine runs depend on, and that no server tells. */
export function machineChecks(config: Config): readonly Check[] {
  return [
    { name: 'Node', look: () => Promise.resolve(nodeVersion(process.versions.node)) },
    { name: 'bash', look: () => bash(config) },
    { name: 'script runtimes', look: () => Promise.resolve(runtimes(config)) },
    { name: 'git', look: git },
    { name: 'host id', look: () => hostId(config) },
    { name: 'containment', look: () => containment(config) },
    { name: 'home', look: () => fileSystem(config.home) },
    { name: 'this directory', look: () => fileSystem(process.cwd()) },
    ...(config.temporal.isExternal ? [] : [{ name: 'other users', look: otherUsers }]),
  ];
}

const LEAST_NODE = [20, 19] as const;

function nodeVersion(version: string): Seen {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  if (isEnough) return ok(version);
  return { verdict: 'fail', text: version, advice: `install Node ${LEAST_NODE.join('.')} or newer` };
}

const ask = promisify(execFile);
const ANSWER_MS = 5_000;

async function bash({ bashPath, environment }: Config): Promise<Seen> {
  const path = findBash(bashPath, environment['PATH'] ?? '');
  const { stdout } = await ask(path, ['--version'], { timeout: ANSWER_MS });
  const version = /version (\S+)/.exec(stdout)?.[1] ?? 'of unknown version';
  return ok(`${path} ${version}`);
}

/** Most workflows need neither. */
function runtimes({ environment }: Config): Seen {
  const places = ['bun', 'uv'].map((program) => {
    const path = findOnPath(program, environment['PATH'] ?? '');
    return (
      path ?? `no ${program} (workflows with ${program === 'uv' ? 'Python' : 'TypeScript'} scripts need it)`
    );
  });
  return ok(places.join(', '));
}

async function git(): Promise<Seen> {
  try {
    const { stdout } = await ask('git', ['--version'], { timeout: ANSWER_MS });
    return ok(stdout.trim());
  } catch {
    return {
      verdict: 'warn',
      text: 'not found',
      advice: 'install git, or give --base where a workflow uses $BASE_BRANCH',
    };
  }
}

async function hostId(config: Config): Promise<Seen> {
  const id = await readHostId(config.hostId);
  const source = config.hostId === null ? "the machine's own" : 'SIGNALBOX_HOST_ID';
  return ok(`${id} (${source})`);
}

const LEVELS = {
  1: 'PID namespaces as root',
  2: 'PID namespaces in a user namespace',
  3: 'process groups and marker search: best effort',
  4: 'process groups: best effort',
} as const;

/** The weakest level at which the promise holds. */
const PROMISED_LEVEL = 2;

async function containment({ weakestContainment }: Config): Promise<Seen> {
  const { level, shortcoming } = await findContainment();
  const text = `level ${level}, ${LEVELS[level]}${shortcoming === null ? '' : ` (${shortcoming})`}`;
  if (level > weakestContainment) {
    return {
      verdict: 'fail',
      text: `${text}; SIGNALBOX_REQUIRE_CONTAINMENT asks for ${weakestContainment} or better`,
      advice: 'unset SIGNALBOX_REQUIRE_CONTAINMENT, or run where that level can be had',
    };
  }
  if (level <= PROMISED_LEVEL) return ok(text);
  return {
    verdict: 'warn',
    text,
    advice: 'what leaves its session and drops its environment may outlive its run here: allow namespaces',
  };
}

/** Types that `statfs` tells of file systems that other machines can have, too. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);

async function fileSystem(path: string): Promise<Seen> {
  const { type } = await statfsOfNearest(path);
  const network = NETWORK.get(Number(type) >>> 0);
  if (network === undefined) return ok(path);
  return {
    verdict: 'warn',
    text: `${path} is on a network file system (${network})`,
    advice: 'two machines that share it are two paths for signalbox: run on one of them only',
  };
}

/** Of the path, or of the nearest directory above it that exists. */
async function statfsOfNearest(path: string): Promise<{ readonly type: number | bigint }> {
  try {
    return await statfs(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return statfsOfNearest(dirname(path));
  }
}

const FIRST_PERSON = 1_000;
const NOBODY = 65_534;

/** The embedded servers listen on loopback, which is no boundary between users of one machine. */
async function otherUsers(): Promise<Seen> {
  const accounts = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').flatMap((line) => {
    const [name = '', , uid = '', , , , shell = ''] = line.split(':');
    const isPerson = Number(uid) >= FIRST_PERSON && Number(uid) < NOBODY;
    return isPerson && Number(uid) !== process.getuid?.() && !/(nologin|false)$/.test(shell) ? [name] : [];
  });
  if (accounts.length === 0) {
    return ok('none can log in');
  }
  return {
    verdict: 'warn',
    text: `${accounts.slice(0, 5).join(', ')}${accounts.length > 5 ? ' and others' : ''} can log in, and whoever reaches the embedded Temporal can run commands as you`,
    advice: 'share the machine with people whom you trust, or use a Temporal with TLS or API keys',
  };
}
