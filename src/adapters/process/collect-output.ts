import { open, type FileHandle } from 'node:fs/promises';
import { byteLength, INLINE_LIMIT_BYTES, readFields, type Field } from '../../core/expression/output.js';
import type { FieldValue, NodeOutput, TextValue } from '../../core/run/task.js';
import type { AttemptFiles } from './attempt-files.js';
import { copyAsText, readText, writeText } from './text-files.js';

const NEWLINE = 0x0a;
/** Fields travel inline, smallest first, up to this much together. */
const INLINE_FIELDS_BYTES = 64 * 1024;
/** Larger outputs are texts, never objects: parsing one would hold up everything else for seconds. */
const PARSED_BYTES = 64 * 1024 * 1024;
const TAIL_CHARACTERS = 2_000;
const MAX_BYTES_PER_CHARACTER = 4;

/** Length of what was written so far, one newline at the end not counted. */
async function lengthWithoutNewline(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  if (size === 0) return 0;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last[0] === NEWLINE ? size - 1 : size;
}

async function collectText(file: FileHandle, files: AttemptFiles): Promise<TextValue> {
  const length = await lengthWithoutNewline(file);
  if (length <= INLINE_LIMIT_BYTES) {
    const text = await readText(file, length);
    // Bytes that are no UTF-8 grow when they become text.
    if (byteLength(text) <= INLINE_LIMIT_BYTES) return { kind: 'inline', text };
  }
  // A copy, because children of the node may go on writing.
  return copyAsText(file, length, files.output);
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

/**
 * What an attempt put out: its standard output without one newline at the end.
 * @param fieldsRead fields of it that the definition reads
 */
export async function collectOutput(files: AttemptFiles, fieldsRead: readonly string[]): Promise<NodeOutput> {
  const file = await open(files.stdout, 'r');
  try {
    const text = await collectText(file, files);
    return { text, fields: await collectFields(text, fieldsRead, files) };
  } finally {
    await file.close();
  }
}

/** The end of what an attempt said on standard error, without white space around it; at most 2,000 characters. */
export async function collectStderr(files: AttemptFiles): Promise<string> {
  const file = await open(files.stderr, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) return '';
    const buffer = Buffer.alloc(Math.min(size, TAIL_CHARACTERS * MAX_BYTES_PER_CHARACTER));
    await file.read(buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.toString('utf8').trim().slice(-TAIL_CHARACTERS);
    // The first character may have been cut in half, as bytes or as a surrogate pair.
    return size > buffer.length || text.length === TAIL_CHARACTERS
      ? text.replace(/^[\uFFFD\uDC00-\uDFFF]+/, '')
      : text;
  } finally {
    await file.close();
  }
}
