import { createInterface } from 'node:readline';
import type { Interrupt, Terminal, TextSink } from '../context.js';

/** A stream of this process, and how writing to it failed. */
export interface ProcessSink extends TextSink {
  /** Null: it did not. A reader that has gone away is no failure of ours. */
  readonly failure: Error | null;
}

export function makeSink(stream: NodeJS.WriteStream): ProcessSink {
  let isClosed = false;
  let failure: Error | null = null;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    isClosed = true;
    if (error.code !== 'EPIPE') failure = error;
  });
  return {
    write: (text) => {
      if (!isClosed) stream.write(text);
    },
    get isClosed() {
      return isClosed;
    },
    get failure() {
      return failure;
    },
  };
}

/** Settles when the system has all that was written, or nobody takes it any more. */
export function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else
      stream
        .once('drain', resolve)
        .once('error', () => resolve())
        .once('close', resolve);
  });
}

const SIGNALS: readonly Interrupt[] = ['SIGINT', 'SIGTERM'];

/** The person and the signals of this process. */
export function makeTerminal(isInteractive: boolean): Terminal {
  return {
    isInteractive,
    ask: (question, signal) => askLine(question, signal),
    onInterrupt: (listener) => {
      const listeners = SIGNALS.map((name) => ({ name, listen: () => listener(name) }));
      for (const { name, listen } of listeners) process.on(name, listen);
      return () => {
        for (const { name, listen } of listeners) process.off(name, listen);
      };
    },
  };
}

/** Not readline's own terminal mode: that would take Ctrl-C away from the process. */
async function askLine(question: string, signal: AbortSignal): Promise<string | null> {
  signal.throwIfAborted();
  const lines = createInterface({ input: process.stdin, terminal: false });
  process.stderr.write(question);
  let onAbort: () => void = () => undefined;
  try {
    return await new Promise<string | null>((resolve, reject) => {
      onAbort = () => {
        process.stderr.write('\n');
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      lines.once('line', resolve);
      lines.once('close', () => resolve(null));
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
    lines.close();
    process.stdin.pause();
  }
}
