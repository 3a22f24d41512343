import { describe, expect, it } from 'vitest';
import { BROKEN, HELLO, runFake, useDirectory } from './fake-cli.js';

let directory: string;
useDirectory({ 'hello.yaml': HELLO, 'broken.yaml': BROKEN }, (made) => {
  directory = made;
});

/** What is typed, the exit code, the code told, and a piece of the sentence. Nothing of it asks a server. */
const REFUSED: readonly (readonly [string, number, string, string])[] = [
  ['rn hello', 64, 'USAGE', "unknown command 'rn'; did you mean run?"],
  ['run hello --detatch', 64, 'USAGE', "unknown option '--detatch'; did you mean --detach?"],
  ['workflow rnu', 64, 'USAGE', "unknown command 'rnu'; did you mean run?"],
  ['run', 64, 'USAGE', "missing required argument 'workflow'"],
  ['list extra', 64, 'USAGE', 'too many arguments'],
  ['get', 64, 'USAGE', "missing required argument 'run'"],
  ['runs --limit many', 64, 'USAGE', '--limit many is no number from 1 to 1000'],
  ['runs --status runing', 64, 'USAGE', 'did you mean running?'],
  ['run hello --branch x --no-worktree', 64, 'USAGE', 'leave --branch or --no-worktree out'],
  ['run hello -b x --folder', 64, 'USAGE', '--folder takes the directory as it is'],
  ['run hello --base main --no-worktree', 64, 'USAGE', 'leave them or --no-worktree out'],
  ['run hello --from a --from-branch b', 64, 'USAGE', '--from and --from-branch are one flag'],
  ['run hello --resume --branch x', 64, 'USAGE', '--resume goes on with what its run was started with'],
  ['run hello --resume -i who=me', 64, 'USAGE', '--resume goes on with what its run was started with'],
  ['run hello hi --resume', 64, 'USAGE', '--resume goes on with what its run was started with'],
  ['run hello --dry-run --branch b', 64, 'USAGE', '--dry-run does not go with --branch'],
  ['run hello --stubs f', 64, 'USAGE', '--stubs goes with --dry-run'],
  ['run hello --container', 64, 'USAGE', '--container: processes in a container'],
  ['run hello --workflow-source d', 64, 'USAGE', '--workflow-source: workflows are read from'],
  ['run hello --conversation-id c', 64, 'USAGE', '--conversation-id: each run has a conversation'],
  ['run hello --wait-timeout 5m', 64, 'USAGE', '--wait-timeout goes with --on-busy wait'],
  ['run hello --on-busy wait --wait-timeout soon', 64, 'USAGE', '--wait-timeout soon is no duration'],
  ['run hello --on-busy never', 64, 'USAGE', '--on-busy never is none of fail, wait, attach, replace'],
  ['run hello --on-busy replacing', 64, 'USAGE', 'did you mean replace?'],
  ['validate commands a b', 64, 'USAGE', 'one workflow, or none'],
  ['validate hello broken', 64, 'USAGE', 'validate takes one workflow, or none for all'],
  ['approve 7c1f yes --comment no', 64, 'USAGE', 'the comment is given 2 times'],
  ['run hello -i who=a -i who=b', 64, 'INPUT_INVALID', 'input who is given twice'],
  ['run hello -i who', 64, 'INPUT_INVALID', '--input who is not of the form name=value'],
  ['run hello -i =x', 64, 'INPUT_INVALID', '--input =x is not of the form name=value'],
  ['run hello -i whom=x', 64, 'INPUT_INVALID', 'has no input whom'],
  ['run helo', 64, 'WORKFLOW_NOT_FOUND', 'did you mean hello?'],
  ['run hello --cwd nowhere', 64, 'WORKING_PATH_INVALID', 'does not exist'],
  ['run hello --cwd .archon/workflows/hello.yaml', 64, 'WORKING_PATH_INVALID', 'is a file'],
  ['run broken', 65, 'DEFINITION_INVALID', 'workflow broken is refused: 1 error'],
];

describe.each(REFUSED)('signalbox %s', (words, exitCode, code, sentence) => {
  const argv = words.split(' ');

  it(`is refused with ${exitCode}, in words`, async () => {
    const result = await runFake(argv, { directory });
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toContain(sentence);
    expect(result.stderr).toContain(`(${code})`);
  });

  it(`is refused with ${exitCode}, as one object`, async () => {
    const result = await runFake([...argv, '--json'], { directory });
    const object = JSON.parse(result.stdout) as { ok: boolean; error: { code: string; message: string } };
    expect(result.exitCode).toBe(exitCode);
    expect(object).toMatchObject({ ok: false, error: { code } });
    expect(object.error.message).toContain(sentence);
  });
});

describe('the command line', () => {
  it('shows help for no command, as an error', async () => {
    const result = await runFake([]);
    expect(result).toMatchObject({ exitCode: 64, stdout: '' });
    expect(result.stderr).toContain('Usage: signalbox');
  });

  it.each([[['--help']], [['help']], [['-h']]])('shows help for %j', async (argv) => {
    const result = await runFake(argv);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain('Usage: signalbox');
  });

  it('hides from help what cannot be used', async () => {
    const { stdout } = await runFake(['run', '--help']);
    expect(stdout).toContain('--on-busy');
    for (const flag of ['--from-branch', '--container']) expect(stdout).not.toContain(flag);
    expect((await runFake(['--help'])).stdout).not.toContain('stack-supervisor');
  });

  it('shows its version', async () => {
    expect(await runFake(['--version'])).toMatchObject({ exitCode: 0, stdout: '1.2.3\n' });
  });

  it('refuses a flag without its value', async () => {
    const result = await runFake(['runs', '--json', '--limit']);
    expect(result.exitCode).toBe(64);
    expect(result.stdout).toContain("option '--limit <count>' argument missing");
  });

  it('takes --json after -- for a word of the message', async () => {
    const result = await runFake(['run', 'helo', '--', '--json'], { directory });
    expect(result).toMatchObject({ exitCode: 64, stdout: '' });
  });

  it('takes what nobody thought of for an internal error, and shows where it came from', async () => {
    const result = await runFake(['up', '--json'], {
      services: { stack: () => Promise.reject(new Error('boom')) },
    });
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ ok: false, error: { code: 'INTERNAL' } });
    expect(result.stderr).toContain('Error: boom');
  });

  it('an empty --cwd is refused, not taken for the current directory', async () => {
    const result = await runFake(['run', 'hello', '--cwd', '', '--json'], {});
    expect(result.exitCode).toBe(64);
    expect(JSON.parse(result.stdout)).toMatchObject({
      ok: false,
      error: { code: 'USAGE', message: expect.stringContaining('--cwd is empty') },
    });
  });
});
