import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';
import { HELPER_ENVIRONMENT, type HelperPrograms } from './helper-programs.js';
import { childrenOf, listProcesses, readProcess, sendSignal, type ProcessIdentity } from './proc.js';

/** What a box of each level is made with. Level 3 has no walls: its INIT only holds the lock. */
const WALLS = {
  1: ['--fork', '--pid', '--mount-proc', '--propagation', 'slave', '--kill-child=SIGKILL'],
  2: [
    ...['--user', '--map-current-user'],
    ...['--fork', '--pid', '--mount-proc', '--propagation', 'slave', '--kill-child=SIGKILL'],
  ],
  3: null,
} as const satisfies Record<1 | 2 | 3, readonly string[] | null>;

/**
 * INIT's program. It holds the lock, so what it does to the owner record happens while the lock is held,
 * whatever becomes of the worker meanwhile. Bash reaps orphans while it reads, and ends with its input.
 */
const PROGRAM = [
  'echo ready',
  'while read -r order line; do case $order in',
  'record) mv -T -- "$line" "$8" && echo recorded || echo unrecorded ;;',
  'closed) printf "%s\\n" "$line" >> "$8"; exit ;;',
  'esac; done',
].join('\n');

export type LeasedLevel = 1 | 2 | 3;

export interface InitOrder {
  readonly level: LeasedLevel;
  /** What is locked: the working directory, or a file in its place. */
  readonly lockPath: string;
  readonly recordPath: string;
  /** From its name on (`formatInitWords`). */
  readonly words: readonly string[];
}

/** How an attempt to hold a lock went. */
export type InitStart =
  | { readonly kind: 'ready'; readonly init: InitProcess }
  | { readonly kind: 'held' }
  /** This file system has no such locks, or the place may not be read. */
  | { readonly kind: 'unlockable'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

const HELD_STATUS = 75;
/** What `flock` ends with when it cannot lock at all (`sysexits.h`). */
const UNLOCKABLE_STATUSES = [65, 66, 71, 74];

const STDERR_CHARACTERS = 2_000;

function commandOf(programs: HelperPrograms, order: InitOrder): readonly [string, ...string[]] {
  const walls = WALLS[order.level];
  return [
    ...([programs.setpriv, '--pdeathsig', 'KILL', '--'] as const),
    ...[programs.flock, '--no-fork', '-x', '-n', '-E', String(HELD_STATUS), order.lockPath],
    ...(walls === null ? [] : [programs.unshare, ...walls]),
    ...[programs.bash, '--noprofile', '--norc', '-c', PROGRAM, ...order.words, order.recordPath],
  ];
}

/**
 * The process on which a box stands and falls: PID 1 of its namespace, and the holder of its lock together
 * with the supervisor above it. The kernel ends both with the worker.
 */
export class InitProcess {
  #isGone = false;
  readonly #answers: AsyncIterator<string>;
  /** Settles when it is gone, and with it all that lived in its namespace. */
  readonly ended: Promise<void>;

  constructor(
    private readonly supervisor: ChildProcess,
    answers: AsyncIterator<string>,
    exit: Promise<unknown>,
    /** Its number on the host, and with it its identity. */
    readonly identity: ProcessIdentity,
  ) {
    this.#answers = answers;
    this.ended = exit.then(() => {
      this.#isGone = true;
    });
  }

  /** Whether it runs, as far as this process has been told. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Has it put a draft in the place of the owner record. @returns false: it is gone, or could not */
  async record(draft: string): Promise<boolean> {
    this.#tell('record', draft);
    const answer = await this.#answers.next();
    return answer.done !== true && answer.value === 'recorded';
  }

  /** Has it add a line to the owner record, and end. */
  async finish(line: string): Promise<void> {
    this.#tell('closed', line);
    await this.ended;
  }

  kill(): void {
    for (const pid of [this.identity.pid, this.supervisor.pid]) {
      if (!this.#isGone && pid !== undefined) sendSignal(pid, 'SIGKILL');
    }
  }

  /** Whether it keeps this process from ending. */
  hold(isHeld: boolean): void {
    const { stdin, stdout, stderr } = this.supervisor;
    const handles = [this.supervisor, stdin, stdout, stderr] as unknown as Socket[];
    for (const handle of handles) {
      if (isHeld) handle.ref();
      else handle.unref();
    }
  }

  #tell(order: string, line: string): void {
    this.supervisor.stdin?.write(`${order} ${line}\n`);
  }
}

/** Raises an INIT that holds a lock, or tells why there is none. */
export async function startInit(programs: HelperPrograms, order: InitOrder): Promise<InitStart> {
  const [program, ...words] = commandOf(programs, order);
  const child = spawn(program, words, { cwd: '/', env: HELPER_ENVIRONMENT, stdio: 'pipe' });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = `${stderr}${text}`.slice(-STDERR_CHARACTERS);
  });
  // It may be gone before what is written to it arrives; its end tells that.
  child.stdin.on('error', () => undefined);
  const failure = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
  });
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await Promise.race([answers.next().then(({ value }) => value as unknown), failure]);
  if (first === 'ready') return { kind: 'ready', init: await initOf(child, order, answers, exit) };
  if (child.pid === undefined) return { kind: 'failed', reason: String(first) };
  const status = await exit;
  const reason = stderr.trim() || `it ended with status ${status}`;
  if (status === HELD_STATUS) return { kind: 'held' };
  return { kind: UNLOCKABLE_STATUSES.includes(status ?? -1) ? 'unlockable' : 'failed', reason };
}

async function initOf(
  child: ChildProcess,
  { level }: InitOrder,
  answers: AsyncIterator<string>,
  exit: Promise<unknown>,
): Promise<InitProcess> {
  const supervisor = child.pid ?? 0;
  const pid = level === 3 ? supervisor : await childOf(supervisor);
  // When it has gone already, its identity is nobody's: -1 was never a start.
  const startTicks = readProcess(pid)?.startTicks ?? -1;
  return new InitProcess(child, answers, exit, { pid, startTicks });
}

/** The one child of a supervisor. */
async function childOf(pid: number): Promise<number> {
  const listed = childrenOf(pid)?.[0];
  if (listed !== undefined) return listed;
  const entries = await listProcesses();
  return entries.find((entry) => entry.parentPid === pid)?.pid ?? 0;
}
