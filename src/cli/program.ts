import { Command as Program } from 'commander';
import type { Choose } from './declare/shared-flags.js';
import { declareDeciding } from './declare/deciding.js';
import { declareIsolation } from './declare/isolation.js';
import { declareDefinitions, declareList } from './declare/definitions.js';
import { declareLooking } from './declare/looking.js';
import { declareLocks } from './declare/locks.js';
import { declareQueue } from './declare/queue.js';
import { declareResume } from './declare/resume.js';
import { declareRun } from './declare/run.js';
import { declareServices } from './declare/services.js';

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
  declareResume(program, choose);
  declareQueue(program, choose);
  declareLocks(program, choose);
  declareIsolation(program, choose);
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
  declareResume(group, choose);
}
