import { createInterface } from 'node:readline';
import type { Interrupt, Terminal, TextSink } from '../context.js';

/** A stream of the process. A reader that has gone away is no error of ours. */
export function makeSink(stream: NodeJS.WriteStream): TextSink {
  let isClosed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isClosed = true;
  });
  return {
    write: (text) => {
      if (!isClosed) stream.write(text);
    },
    get isClosed() {
      return isClosed;
    },
  };
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
