import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { RunError } from '../../core/errors.js';
import {
  byteLength,
  INLINE_LIMIT_BYTES,
  readDeclaredFields,
  readFields,
  readStructured,
  type Field,
} from '../../core/expression/output.js';
import type { FieldValue, NodeOutput, TextValue } from '../../core/run/task.js';
import type { AttemptFiles } from './attempt-files.js';
import type { OutputShape } from '../../core/definition/output-shape.js';
import { copyAsText, readText, writeText } from './text-files.js';

const NEWLINE = 0x0a;
/** Fields travel inline, smallest first, up to this much together. */
const INLINE_FIELDS_BYTES = 64 * 1024;
/** Larger outputs are texts, never objects: parsing one would hold up everything else for seconds. */
const PARSED_BYTES = 64 * 1024 * 1024;
const TAIL_CHARACTERS = 2_000;
const MAX_BYTES_PER_CHARACTER = 4;

/** Size of a file so far, and its last bytes. */
interface FileEnd {
  readonly size: number;
  readonly bytes: Buffer;
}

/** Not asynchronous: for so little, Node's thread pool takes longer than the disk. */
function readEnd(path: string, maxBytes: number): FileEnd {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return { size, bytes: bytes.subarray(0, read) };
  } finally {
    closeSync(file);
  }
}

async function collectText(files: AttemptFiles): Promise<TextValue> {
  const { size, bytes } = readEnd(files.stdout, INLINE_LIMIT_BYTES + 1);
  const length = bytes.at(-1) === NEWLINE ? size - 1 : size;
  if (length <= INLINE_LIMIT_BYTES) {
    const text = bytes.toString('utf8', 0, length);
    // Bytes that are no UTF-8 grow when they become text.
    if (byteLength(text) <= INLINE_LIMIT_BYTES) return { kind: 'inline', text };
  }
  const file = await open(files.stdout, 'r');
  try {
    // A copy, because children of the node may go on writing.
    return await copyAsText(file, length, files.output);
  } finally {
    await file.close();
  }
}

async function wholeText(text: TextValue): Promise<string> {
  if (text.kind === 'inline') return text.text;
  const file = await open(text.path, 'r');
  try {
    return await readText(file, text.bytes);
  } finally {
    await file.close();
  }
}

async function placeFields(
  fields: readonly Field[],
  files: AttemptFiles,
): Promise<Record<string, FieldValue>> {
  const sized = fields.map((field) => ({ field, bytes: byteLength(field.text) }));
  const placed: Record<string, FieldValue> = {};
  let inlineBytes = 0;
  for (const { field, bytes } of sized.sort((a, b) => a.bytes - b.bytes)) {
    const { name, type, text } = field;
    const isSmall = bytes <= INLINE_LIMIT_BYTES && inlineBytes + bytes <= INLINE_FIELDS_BYTES;
    if (isSmall) inlineBytes += bytes;
    const value: TextValue = isSmall ? { kind: 'inline', text } : await writeText(files.field(name), text);
    Object.defineProperty(placed, name, { value: { type, text: value }, enumerable: true });
  }
  return placed;
}

async function collectFields(
  text: TextValue,
  fieldsRead: readonly string[],
  files: AttemptFiles,
): Promise<NodeOutput['fields']> {
  if (fieldsRead.length === 0 || (text.kind === 'file' && text.bytes > PARSED_BYTES)) return null;
  const fields = readFields(await wholeText(text), fieldsRead);
  return fields === null ? null : placeFields(fields, files);
}

function placeText(text: string, path: string): TextValue | Promise<TextValue> {
  return byteLength(text) <= INLINE_LIMIT_BYTES ? { kind: 'inline', text } : writeText(path, text);
}

/** An output of declared shape: what is not declared cannot be read, and what is declared but absent is empty. */
async function collectShaped(
  text: TextValue,
  { fieldsRead, shape }: { readonly fieldsRead: readonly string[]; readonly shape: OutputShape },
  files: AttemptFiles,
): Promise<NodeOutput> {
  if (text.kind === 'file' && text.bytes > PARSED_BYTES) {
    throw new RunError(
      'OUTPUT_INVALID',
      `put out ${text.bytes} bytes, too many to hold them against its output_format`,
    );
  }
  const written = await wholeText(text);
  const structured = readStructured(written);
  if (structured === null) {
    throw new RunError('OUTPUT_INVALID', 'put out no JSON, though it has an output_format');
  }
  const { value, json } = structured;
  shape.require(value);
  const fields = readDeclaredFields(value, fieldsRead, shape.declared);
  return {
    text: json === written ? text : await placeText(json, files.output),
    fields: fields === null ? null : await placeFields(fields, files),
    isStructured: true,
  };
}

/**
 * What an attempt put out: its standard output without one newline at the end.
 * @param fieldsRead fields of it that the definition reads
 * @param shape null: none is declared
 * @throws RunError `OUTPUT_INVALID`; continues "Bash node 'x'"
 */
export async function collectOutput(
  files: AttemptFiles,
  fieldsRead: readonly string[],
  shape: OutputShape | null,
): Promise<NodeOutput> {
  const text = await collectText(files);
  if (shape !== null) return collectShaped(text, { fieldsRead, shape }, files);
  return { text, fields: await collectFields(text, fieldsRead, files) };
}

/** The end of what an attempt said on standard error, without white space around it; at most 2,000 characters. */
export function collectStderr(files: AttemptFiles): string {
  const { size, bytes } = readEnd(files.stderr, TAIL_CHARACTERS * MAX_BYTES_PER_CHARACTER);
  const text = bytes.toString('utf8').trim().slice(-TAIL_CHARACTERS);
  const isCut = size > bytes.length || text.length === TAIL_CHARACTERS;
  // What it begins with may be half a character, of bytes or of a surrogate pair.
  return isCut ? text.replace(/^[\uFFFD\uDC00-\uDFFF]+/, '') : text;
}
