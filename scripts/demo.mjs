import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './house/build.mjs';
import { ensureInstalled } from './house/install.mjs';
import { main, mustRun, ROOT, run, step, StepFailed } from './house/step.mjs';

const PROGRAM = join(ROOT, 'bin/signalbox.js');
const PATH_IN_USE = 75;

/** A fresh git repository with the example workflows in it. */
async function scratchRepository() {
  const directory = join(await mkdtemp(join(tmpdir(), 'signalbox-demo-')), 'repository');
  for (const example of ['hello', 'review']) {
    await cp(join(ROOT, 'examples', example), directory, { recursive: true });
  }
  const identity = ['-c', 'user.name=signalbox demo', '-c', 'user.email=demo@localhost'];
  const commit = [...identity, '-c', 'commit.gpgsign=false', 'commit', '--quiet', '--message=Workflows'];
  for (const args of [['init', '--quiet'], ['add', '.'], commit])
    await mustRun('git', args, { cwd: directory });
  return directory;
}

/** Types a command as a person would, in the scratch repository. */
async function type(directory, ...words) {
  console.log(`\n$ signalbox ${words.join(' ')}`);
  const { exitCode } = await run(process.execPath, [PROGRAM, ...words], { show: true, cwd: directory });
  return exitCode;
}

async function ask(directory, ...words) {
  const output = await mustRun(process.execPath, [PROGRAM, ...words, '--json'], { cwd: directory });
  return JSON.parse(output);
}

async function mustType(directory, ...words) {
  const exitCode = await type(directory, ...words);
  if (exitCode !== 0)
    throw new StepFailed(`signalbox ${words[0]} ended with ${exitCode}`, 'node bin/signalbox.js doctor');
}

async function showOneRun(directory) {
  console.log('\n── A run: two nodes side by side, then two that use what they said');
  await mustType(directory, 'run', 'hello');
  const { runs } = await ask(directory, 'runs');
  await mustType(directory, 'get', runs[0].runId.slice(0, 8), '--verbose');
}

async function showRefusal(directory) {
  console.log('\n── One run per directory: while the first holds it, a second is refused');
  const { runId } = await ask(directory, 'run', 'slow', '--detach');
  const id = runId.slice(0, 8);
  console.log(`\n$ signalbox run slow --detach\nrun ${id} holds ${directory}`);
  const exitCode = await type(directory, 'run', 'hello');
  console.log(`exit code ${exitCode}`);
  if (exitCode !== PATH_IN_USE)
    throw new StepFailed(`the second run should have been refused with ${PATH_IN_USE}`);
  console.log('\n── The first goes on, and gives the directory back');
  await mustType(directory, 'logs', '-f', id);
  await mustType(directory, 'run', 'hello');
}

await main(async () => {
  await ensureInstalled();
  await build();
  const directory = await step('Make a scratch repository', scratchRepository);
  await step('Bring the local stack up (PostgreSQL, Temporal, a worker)', (note) =>
    mustRun(process.execPath, [PROGRAM, 'up'], { onLine: note, next: 'node bin/signalbox.js doctor' }),
  );
  await showOneRun(directory);
  await showRefusal(directory);
  const { endpoints } = await ask(directory, 'ps');
  console.log(`
── Next
  look at the runs    ${endpoints.temporal.uiUrl ?? endpoints.temporal.address}
  go there            cd ${directory}; alias signalbox='node ${PROGRAM}'
  a run that asks     signalbox run review
  what is running     signalbox status
  stop everything     signalbox down      (data stays)
`);
});
