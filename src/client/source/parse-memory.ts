import { parseWorkflow, type ParsedWorkflow } from '../../core/definition/compile.js';

/** Reads the text of a workflow file. */
export type Parse = (source: { readonly file: string; readonly text: Uint8Array }) => ParsedWorkflow;

interface Remembered {
  readonly text: Uint8Array;
  readonly parsed: ParsedWorkflow;
}

/** Beyond it what was used longest ago is forgotten. A parsed file takes some twenty times its text. */
const REMEMBERED_BYTES = 2 * 1024 * 1024;

/**
 * A reader for programs that start many runs: a file that has not changed is parsed once. What it gives out is
 * shared, and never changes.
 */
export function rememberingParse(parse: Parse = parseWorkflow, mostBytes = REMEMBERED_BYTES): Parse {
  const known = new Map<string, Remembered>();
  let bytes = 0;
  const forget = (file: string): void => {
    bytes -= known.get(file)?.text.length ?? 0;
    known.delete(file);
  };
  return ({ file, text }) => {
    const found = known.get(file);
    const parsed = found !== undefined && isSame(found.text, text) ? found.parsed : parse({ file, text });
    // The newest stands last.
    forget(file);
    known.set(file, { text, parsed });
    bytes += text.length;
    for (const oldest of known.keys()) {
      if (bytes <= mostBytes) break;
      forget(oldest);
    }
    return parsed;
  };
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
