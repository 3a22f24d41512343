import { Command as Program } from 'commander';
import type { Command } from './context.js';
import { declareLaterFlags, parseOnBusy, refuseLaterFlags } from './later.js';
import { usageError } from './render/failure.js';
import { shellWord } from './render/text.js';

/** Told which command was chosen, with its arguments. */
export type Choose = (command: Command) => void;

const CWD = ['--cwd <directory>', 'work there instead of here'] as const;
const FOLDER = ['--folder', 'take the directory as it is, whatever repository it lies in'] as const;
const NODE = ['--node <node>', 'which gate, when several wait'] as const;
const RUN_ID = ['<run>', 'a run id, or a beginning that only it has'] as const;

const EXITS = `
exit codes
  0    completed; paused for a person; ended by a reviewer's reject
  1    the run failed or was cancelled
  64   usage              65   definition refused
  69   service away       75   path in use          130  interrupted`;

/** The whole command line: names, arguments, flags. What commands do is loaded when one is chosen. */
export function makeProgram(version: string, choose: Choose): Program {
  const program = new Program('signalbox')
    .exitOverride()
    .description("Runs Archon's workflow files on Temporal, one run at a time per working path.")
    .version(version, '-V, --version', 'show the version')
    .addHelpText('after', EXITS);
  declareRun(program.command('run'), choose, { isArchonSpelling: false });
  declareDefinitions(program, choose);
  declareLooking(program, choose);
  declareDeciding(program, choose);
  declareServices(program, choose);
  declareArchonSpelling(program, choose);
  for (const command of allCommands(program)) {
    command.option('--json', 'print exactly one JSON object on stdout');
  }
  return program;
}

function allCommands(program: Program): readonly Program[] {
  return program.commands.flatMap((command) => [command, ...allCommands(command)]);
}

/** `signalbox workflow …`: the same, as Archon spells it. */
function declareArchonSpelling(program: Program, choose: Choose): void {
  const group = program.command('workflow').description("the same commands, in Archon's spelling");
  declareRun(group.command('run'), choose, { isArchonSpelling: true });
  declareList(group, choose);
  declareLooking(group, choose);
  declareDeciding(group, choose);
}

interface RunOptions {
  readonly cwd?: string;
  readonly folder?: boolean;
  readonly base?: string;
  readonly input: readonly string[];
  readonly detach?: boolean;
}

function declareRun(
  command: Program,
  choose: Choose,
  { isArchonSpelling }: { isArchonSpelling: boolean },
): void {
  command
    .description('run a workflow in this directory')
    .argument('<workflow>', 'its name, or a part that only it has')
    .argument('[message...]', 'what the run is told')
    .option(...CWD)
    .option(...FOLDER)
    .option('--base <branch>', 'what $BASE_BRANCH stands for')
    .option('-i, --input <name=value>', 'an input of the workflow; may be repeated', collect, [])
    .option('--no-worktree', isArchonSpelling ? 'work in the directory itself (required)' : 'the default')
    .option('--on-busy <what>', 'fail: refuse when the path is in use', parseOnBusy)
    .option('-d, --detach', 'start the run and return');
  declareLaterFlags(command);
  command.action((workflow: string, words: readonly string[], options: RunOptions) => {
    refuseLaterFlags(command);
    // Archon works in a new worktree unless told otherwise; in place by surprise would be worse than an error.
    const isInPlace = !isArchonSpelling || command.getOptionValueSource('worktree') === 'cli';
    if (!isInPlace) throw worktreeMissing(workflow);
    choose(async (context) =>
      (await import('./commands/run.js')).run({ ...options, workflow, words })(context),
    );
  });
}

function worktreeMissing(workflow: string): Error {
  return usageError(
    `workflow run works in a worktree of its own, and those are not built yet; add --no-worktree, or type signalbox run ${shellWord(workflow)}`,
  );
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

interface PlaceOptions {
  readonly cwd?: string;
  readonly folder?: boolean;
}

function declareList(program: Program, choose: Choose): void {
  program
    .command('list')
    .description('workflows that can be run here')
    .option(...CWD)
    .option(...FOLDER)
    .action((options: PlaceOptions) => {
      choose(async (context) => (await import('./commands/list.js')).list(options)(context));
    });
}

function declareDefinitions(program: Program, choose: Choose): void {
  declareList(program, choose);
  program
    .command('validate')
    .description('check workflow files, and tell everything that is wrong')
    .usage('[options] [workflows] [name]')
    .argument('[names...]', 'one workflow; all by default')
    .option(...CWD)
    .option(...FOLDER)
    .action((names: readonly string[], options: PlaceOptions) => {
      const name = validated(names);
      const args = { ...options, ...(name === undefined ? {} : { name }) };
      choose(async (context) => (await import('./commands/validate.js')).validate(args)(context));
    });
}

/** `validate x`, or `validate workflows x` as Archon spells it. */
function validated(names: readonly string[]): string | undefined {
  const [first, second, ...rest] = names;
  if (first === 'commands')
    throw usageError('validate commands: command files are not built yet; type signalbox validate');
  const isArchonSpelling = first === 'workflows';
  if (rest.length > 0 || (second !== undefined && !isArchonSpelling)) {
    throw usageError('validate takes one workflow, or none for all');
  }
  return isArchonSpelling ? second : first;
}

function declareLooking(program: Program, choose: Choose): void {
  program
    .command('status')
    .description('runs that are not over, of every path')
    .action(() => {
      choose(async (context) => (await import('./commands/status.js')).status(context));
    });
  program
    .command('runs')
    .description('recent runs of this directory')
    .option(...CWD)
    .option(...FOLDER)
    .option('--all', 'of every path')
    .option('--status <status>', 'only those')
    .option('--limit <count>', 'how many', toCount, 20)
    .action((options: PlaceOptions & { all?: boolean; status?: string; limit: number }) => {
      choose(async (context) => (await import('./commands/runs.js')).runs(options)(context));
    });
  program
    .command('get')
    .description('one run')
    .argument(...RUN_ID)
    .option('--verbose', 'its nodes, too')
    .option('--events', 'everything that happened, too')
    .action((runId: string, options: { verbose?: boolean; events?: boolean }) => {
      choose(async (context) => (await import('./commands/get.js')).get({ ...options, runId })(context));
    });
  program
    .command('logs')
    .description('what the nodes of a run wrote')
    .argument(...RUN_ID)
    .option('-f, --follow', 'go on until the run ends')
    .action((runId: string, options: { follow?: boolean }) => {
      choose(async (context) => (await import('./commands/logs.js')).logs({ ...options, runId })(context));
    });
}

const LARGEST_LIMIT = 1_000;

function toCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= LARGEST_LIMIT) return count;
  throw usageError(`--limit ${text} is no number from 1 to ${LARGEST_LIMIT}`);
}

interface DecisionOptions {
  readonly node?: string;
  readonly comment?: string;
  readonly reason?: string;
  readonly text?: string;
}

function declareDeciding(program: Program, choose: Choose): void {
  for (const decision of ['approve', 'reject'] as const) {
    program
      .command(decision)
      .description(`${decision} what a run waits for`)
      .argument(...RUN_ID)
      .argument('[comment...]', 'what the run is told')
      .option(...NODE)
      .option('--comment <text>', 'the same as the words')
      .option('--reason <text>', 'the same as the words')
      .action((runId: string, words: readonly string[], options: DecisionOptions) => {
        choose(decideWith({ runId, decision, words, options }));
      });
  }
  program
    .command('respond')
    .description('give a run one of the decisions that it offers')
    .argument(...RUN_ID)
    .argument('<decision>', 'as the gate declares it')
    .argument('[text...]', 'what the run is told')
    .option(...NODE)
    .option('--comment <text>', 'the same as the words')
    .option('--text <text>', 'the same as the words')
    .action((runId: string, decision: string, words: readonly string[], options: DecisionOptions) => {
      choose(decideWith({ runId, decision, words, options }));
    });
  program
    .command('cancel')
    .alias('abandon')
    .description('end a run, and wait until nothing of it is alive')
    .argument(...RUN_ID)
    .option('--reason <text>', 'why')
    .option('--wait', 'until it has ended; the default')
    .option('--no-wait', 'return as soon as the run knows')
    .action((runId: string, options: { reason?: string; wait?: boolean }) => {
      const args = { ...options, runId, wait: options.wait !== false };
      choose(async (context) => (await import('./commands/cancel.js')).cancel(args)(context));
    });
}

interface Decision {
  readonly runId: string;
  readonly decision: string;
  readonly words: readonly string[];
  readonly options: DecisionOptions;
}

function decideWith({ runId, decision, words, options }: Decision): Command {
  const { node, comment, reason, text } = options;
  const said = [words.length === 0 ? undefined : words.join(' '), comment, reason, text].filter(
    (one) => one !== undefined,
  );
  if (said.length > 1)
    throw usageError(`${decision}: the comment is given ${said.length} times; give it once`);
  const args = {
    runId,
    decision,
    ...(said[0] === undefined ? {} : { text: said[0] }),
    ...(node === undefined ? {} : { node }),
  };
  return async (context) => (await import('./commands/decide.js')).decide(args)(context);
}

function declareServices(program: Program, choose: Choose): void {
  const stack = (name: string, description: string, pick: 'up' | 'down' | 'ps'): void => {
    program
      .command(name)
      .description(description)
      .action(() => {
        choose(async (context) => (await import('./commands/stack.js'))[pick](context));
      });
  };
  stack('up', 'bring up the local Temporal, database and worker', 'up');
  stack('down', 'end them; data stays', 'down');
  stack('ps', 'what of them is alive, and where', 'ps');
  const operate = (pick: 'worker' | 'setup' | 'doctor' | 'superviseStack', program_: Program): void => {
    program_.action(() => {
      choose(async (context) => (await import('./commands/operate.js'))[pick](context));
    });
  };
  operate('worker', program.command('worker').description('serve the runs of this machine and user'));
  operate('setup', program.command('setup').description('prepare a Temporal and a database of your own'));
  operate('doctor', program.command('doctor').description('check what runs depend on, and say what to do'));
  operate('superviseStack', program.command('stack-supervisor', { hidden: true }));
}
