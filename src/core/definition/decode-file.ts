import type { Finding } from './source-document.js';

/** Larger files are not read. Texts of several megabytes are legal: they travel apart from the definition. */
export const MOST_FILE_BYTES = 8 * 1024 * 1024;

export type Decoding =
  | { readonly kind: 'decoded'; readonly text: string }
  /** `text`: what the finding's offset counts in. */
  | { readonly kind: 'refused'; readonly text: string; readonly finding: Finding };

const BYTE_ORDER_MARK = '\uFEFF';
const REPLACEMENT = '\uFFFD';
/** NUL, and halves of surrogate pairs. */
const UNSTORABLE = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Turns a file into text without byte order mark, unless it is too large or not UTF-8. */
export function decodeFile(file: string | Uint8Array): Decoding {
  const size = file.length;
  if (size > MOST_FILE_BYTES) return refused('', 0, tooLarge(size));
  if (typeof file === 'string') return checked(file);
  const text = decode(file, true);
  return text === null ? notUtf8(decode(file, false) ?? '') : checked(text);
}

/** Where a text holds something that neither UTF-8 files nor databases can: a NUL, or half a character. */
export function findUnstorable(text: string): number | null {
  const at = text.search(UNSTORABLE);
  return at < 0 ? null : at;
}

function decode(file: Uint8Array, isStrict: boolean): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: isStrict }).decode(file);
  } catch {
    return null;
  }
}

function checked(text: string): Decoding {
  const body = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  const unstorable = findUnstorable(body);
  if (unstorable === null) return { kind: 'decoded', text: body };
  const message = 'the file holds a NUL byte or half a character';
  return refused(body, unstorable, { code: 'ENCODING_INVALID', message, hint: 'delete it' });
}

function notUtf8(text: string): Decoding {
  const hint = 'save it as UTF-8';
  const message = 'the file is not UTF-8';
  return refused(text, Math.max(0, text.indexOf(REPLACEMENT)), { code: 'ENCODING_INVALID', message, hint });
}

function tooLarge(size: number): Omit<Finding, 'path' | 'aim'> {
  const mebibytes = (size / 1024 / 1024).toFixed(1);
  return {
    code: 'FILE_TOO_LARGE',
    message: `the file is ${mebibytes} MiB large, and ${MOST_FILE_BYTES / 1024 / 1024} MiB may be read`,
    hint: 'move what is large into files that the scripts read',
  };
}

function refused(text: string, offset: number, finding: Omit<Finding, 'path' | 'aim'>): Decoding {
  return { kind: 'refused', text, finding: { ...finding, path: [], aim: { offset } } };
}
