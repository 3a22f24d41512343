import type { Orchestrator, RunEnd } from '../../client/orchestrator.js';
import { RunError } from '../../core/errors.js';
import { shortRunId } from '../../core/ids.js';
import { isTerminal } from '../../core/mirror/rows.js';
import type { EventRecord, RunRecord } from '../../ports/run-table.js';
import {
  attemptNames,
  attemptsDirectory,
  makeLogReader,
  type LogChunk,
  type Tell,
} from '../../client/attempt-logs.js';
import type { CliContext, Command, CommandResult } from '../context.js';
import { oneLine } from '../render/text.js';
import { recordJson } from '../render/run-record.js';
import { progressLine } from '../render/progress.js';
import { endLines } from '../render/run-end.js';
import { askOf, findRun, findRunOrQueued } from './find-run.js';
import { logsOfQueued, untilStarted } from './logs-of-queued.js';
import { warningsOf } from '../render/warnings.js';

export interface LogsArguments {
  readonly runId: string;
  /** Go on until the run ends. */
  readonly follow?: boolean;
}

const POLL_MS = 200;
const LINE_END = 0x0a;

interface Logs {
  readonly context: CliContext;
  readonly orchestrator: Orchestrator;
  readonly record: RunRecord;
  readonly directory: string;
}

/** What the nodes of a run wrote, under a header whenever the speaker changes. */
export function logs(args: LogsArguments): Command {
  return async (context) => {
    const orchestrator = await context.services.orchestrator();
    const found = await findRunOrQueued(orchestrator, args.runId);
    if ('queued' in found && args.follow !== true) return logsOfQueued(context, orchestrator, found.queued);
    const record = 'queued' in found ? await untilStarted(context, orchestrator, found.queued) : found.record;
    const isFollowed = args.follow === true && !isTerminal(record.status);
    return askOf(record, () =>
      tellLogs({ context, orchestrator, record, directory: directoryOf(record) }, isFollowed),
    );
  };
}

async function tellLogs(logs: Logs, isFollowed: boolean): Promise<CommandResult> {
  const { context, orchestrator, record } = logs;
  const chunks: LogChunk[] = [];
  const teller = context.isJson ? silently((chunk) => void chunks.push(chunk)) : makeTeller(context);
  const end = await (isFollowed ? followLogs(logs, teller) : readOnce(logs, teller));
  const latest = isFollowed ? await findRun(orchestrator, record.runId) : record;
  return {
    exitCode: 0,
    json: { ...recordJson(latest), logs: joined(chunks) },
    text: '',
    ...(end === null ? {} : { errorText: endLines(record, end) }),
  };
}

function directoryOf(record: RunRecord): string {
  const directory = attemptsDirectory(record);
  if (directory !== null) return directory;
  throw new RunError(
    'RUN_NOT_FOUND',
    `run ${shortRunId(record.runId)} has no output on record: signalbox did not run it`,
    { runId: record.runId },
  );
}

async function readOnce({ context, orchestrator, record, directory }: Logs, { tell }: Teller): Promise<null> {
  const events = await orchestrator.events(record.runId);
  tellWarnings(context, events);
  await makeLogReader(directory).readOn(attemptNames(events), tell);
  return null;
}

function tellWarnings({ err }: CliContext, events: readonly EventRecord[]): void {
  for (const warning of warningsOf(events)) err.write(`! ${warning}\n`);
}

/** What whoever follows would otherwise miss: that people are asked, and failures that wrote nothing. */
const TOLD: readonly string[] = ['approval_requested', 'approval_received', 'node_failed'];

function toldLine(event: EventRecord): readonly string[] {
  const line = TOLD.includes(event.eventType) ? progressLine(event) : null;
  return line === null ? [] : [line];
}

/** @returns how the run has ended; null: nobody reads any more */
async function followLogs(
  { context, orchestrator, record, directory }: Logs,
  { tell, say }: Teller,
): Promise<RunEnd | null> {
  const reader = makeLogReader(directory);
  const over = new AbortController();
  const ended = orchestrator
    .follow(record.runId, { signal: over.signal })
    .then(
      (end) => ({ end }),
      (error: unknown) => ({ error }),
    )
    .finally(() => over.abort());
  const events: EventRecord[] = [];
  try {
    for (;;) {
      const isLast = over.signal.aborted;
      const news = await orchestrator.events(record.runId, events.at(-1)?.id).catch(() => []);
      tellWarnings(context, news);
      events.push(...news);
      await reader.readOn(attemptNames(events), tell);
      news.flatMap(toldLine).forEach(say);
      if (isLast || context.out.isClosed) break;
      await context.pause(POLL_MS, over.signal).catch(() => undefined);
    }
  } finally {
    over.abort();
  }
  const how = await ended;
  if (context.out.isClosed) return null;
  if ('error' in how) throw how.error;
  return how.end;
}

interface Teller {
  readonly tell: Tell;
  /** A line of our own, between what nodes wrote. */
  readonly say: (line: string) => void;
}

const silently = (tell: Tell): Teller => ({ tell, say: () => undefined });

function makeTeller({ out, err }: CliContext): Teller {
  const decoders = new Map<string, InstanceType<typeof TextDecoder>>();
  let speaker = '';
  let isLineOpen = false;
  const say = (line: string): void => {
    err.write(`${isLineOpen ? '\n' : ''}${line}\n`);
    isLineOpen = false;
    speaker = '';
  };
  const tell: Tell = ({ source, stream, bytes }) => {
    const key = `${source} ${stream}`;
    if (speaker !== source) say(`── ${oneLine(source)} ──`);
    speaker = source;
    isLineOpen = bytes.at(-1) !== LINE_END;
    const decoder = decoders.get(key) ?? new TextDecoder();
    decoders.set(key, decoder);
    (stream === 'stdout' ? out : err).write(decoder.decode(bytes, { stream: true }));
  };
  return { tell, say };
}

function joined(
  chunks: readonly LogChunk[],
): { readonly node: string; readonly stream: string; readonly text: string }[] {
  const pieces = new Map<string, { node: string; stream: string; parts: Uint8Array[] }>();
  for (const { source, stream, bytes } of chunks) {
    const key = `${source} ${stream}`;
    const piece = pieces.get(key) ?? { node: source, stream, parts: [] };
    piece.parts.push(bytes);
    pieces.set(key, piece);
  }
  return [...pieces.values()].map(({ node, stream, parts }) => ({
    node,
    stream,
    text: Buffer.concat(parts).toString('utf8'),
  }));
}
