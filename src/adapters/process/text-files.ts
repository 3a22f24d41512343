import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { RunError } from '../../core/errors.js';
import type { TextValue } from '../../core/run/task.js';

export type FileText = TextValue & { readonly kind: 'file' };

const CHUNK_BYTES = 256 * 1024;
const EXCERPT_CHARACTERS = 2_000;
/** A text is handed to bash as one string; well below what JavaScript can hold. */
const LOADABLE_BYTES = 128 * 1024 * 1024;

/** The beginning of a text, no character cut in half. */
function excerptOf(text: string): string {
  const cut = text.slice(0, EXCERPT_CHARACTERS);
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/** The first `length` bytes of a file, in pieces. */
async function* readPieces(file: FileHandle, length: number): AsyncGenerator<Buffer> {
  let position = 0;
  while (position < length) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, length - position));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Bytes as text, piece by piece; what is no UTF-8 becomes U+FFFD, a byte order mark stays. */
async function* decode(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const piece of pieces) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

function* slices(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const cut = text.slice(at, at + CHUNK_BYTES);
    const isCutInHalf = at + cut.length < text.length && /[\uD800-\uDBFF]$/.test(cut);
    const slice = isCutInHalf ? cut.slice(0, -1) : cut;
    at += slice.length;
    yield slice;
  }
}

async function writePieces(
  path: string,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<FileText> {
  const hash = createHash('sha256');
  let bytes = 0;
  let excerpt = '';
  const file = await open(path, 'w', 0o600);
  try {
    for await (const piece of pieces) {
      const encoded = Buffer.from(piece);
      hash.update(encoded);
      bytes += encoded.length;
      if (excerpt.length < EXCERPT_CHARACTERS) excerpt = excerptOf(excerpt + piece);
      await file.writeFile(encoded);
    }
  } finally {
    await file.close();
  }
  return { kind: 'file', path, bytes, sha256: hash.digest('hex'), excerpt };
}

/** Writes a text to a file of its own. */
export function writeText(path: string, text: string): Promise<FileText> {
  return writePieces(path, slices(text));
}

/** Copies the first `length` bytes of a file to another, as text. Holds no more than a piece of it. */
export function copyAsText(source: FileHandle, length: number, path: string): Promise<FileText> {
  return writePieces(path, decode(readPieces(source, length)));
}

/** The first `length` bytes of a file as text. */
export async function readText(file: FileHandle, length: number): Promise<string> {
  const parts: string[] = [];
  for await (const part of decode(readPieces(file, length))) parts.push(part);
  return parts.join('');
}

/**
 * The whole of a text that lives in a file.
 * @param whose how its reader refers to it, for the message
 * @throws RunError `REFERENCE_UNRESOLVED` it is gone, changed, or too large for a script
 */
export async function loadText(value: FileText, whose: string): Promise<string> {
  const refuse = (problem: string): RunError =>
    new RunError('REFERENCE_UNRESOLVED', `'${whose}' has no value: ${problem}`);
  if (value.bytes > LOADABLE_BYTES) {
    throw refuse(`it is ${value.bytes} bytes, too many for a script. Let the script read ${value.path}`);
  }
  const bytes = await readWhole(value).catch((error: unknown) => {
    throw refuse(`its file cannot be read (${(error as Error).message})`);
  });
  if (bytes === null) throw refuse(`its file ${value.path} was changed since`);
  return bytes.toString('utf8');
}

/** @returns null when it is not what it was */
async function readWhole({ path, bytes, sha256 }: FileText): Promise<Buffer | null> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const pieces: Buffer[] = [];
    for await (const piece of readPieces(file, bytes + 1)) {
      hash.update(piece);
      pieces.push(piece);
    }
    return hash.digest('hex') === sha256 ? Buffer.concat(pieces) : null;
  } finally {
    await file.close();
  }
}
