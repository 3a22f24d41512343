import { ERROR_CODES, RunError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import type { CliContext, CommandResult, TextSink } from './context.js';
import { parseArguments } from './parse-arguments.js';
import { failedResult, unforeseen } from './render/failure.js';

/** What is there before the configuration has been read. */
export interface Frame {
  readonly version: string;
  readonly out: TextSink;
  readonly err: TextSink;
  /** @throws RunError `CONFIG_INVALID` */
  makeContext(isJson: boolean): Promise<CliContext>;
}

/** One command line, from words to exit code: exactly one object on stdout with `--json`, else text. */
export async function runCli(argv: readonly string[], frame: Frame): Promise<number> {
  const isJson = wantsJson(argv);
  const result = await invoke(argv, frame, isJson);
  if (isJson) {
    const object: JsonObject = { ok: result.exitCode === 0, ...result.json };
    frame.out.write(`${JSON.stringify(object)}\n`);
    return result.exitCode;
  }
  writeLines(frame.out, result.text);
  writeLines(frame.err, result.errorText ?? '');
  return result.exitCode;
}

async function invoke(argv: readonly string[], frame: Frame, isJson: boolean): Promise<CommandResult> {
  try {
    const invocation = parseArguments(argv, frame.version);
    switch (invocation.kind) {
      case 'text':
        return { exitCode: 0, json: { text: invocation.text }, text: invocation.text };
      case 'nothing':
        return {
          exitCode: ERROR_CODES.USAGE.exitCode,
          json: NO_COMMAND,
          text: '',
          errorText: invocation.text,
        };
      case 'command':
        return await invocation.command(await frame.makeContext(isJson));
    }
  } catch (error) {
    if (error instanceof RunError) return failedResult(error);
    frame.err.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return failedResult(unforeseen(error));
  }
}

const NO_COMMAND: JsonObject = {
  error: { code: 'USAGE', message: 'no command was given; signalbox help tells what there is' },
};

/** Before the words are understood: errors in them are told in JSON, too. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json');
}

function writeLines(sink: TextSink, text: string): void {
  if (text !== '') sink.write(text.endsWith('\n') ? text : `${text}\n`);
}
