import { RunError } from '../errors.js';
import { readDeclaredFields, readFields, readStructured, type Field } from '../expression/output.js';
import { isJsonObject } from '../json.js';
import type { FieldValue, NodeOutput } from '../run/task.js';
import type { WorkNode } from './work.js';

/**
 * The output that a text makes, however large: a dry run has no files. Of a declared shape only the names of its
 * properties are looked at.
 * @throws RunError `OUTPUT_INVALID`; continues "Bash node 'x'"
 */
export function outputOf(node: WorkNode, text: string): NodeOutput {
  const { outputFormat, fieldsRead } = node;
  if (node.kind === 'workflow' && node.fanOut !== null) return whole(text, null, true);
  if (outputFormat === undefined) return whole(text, readFields(text, fieldsRead), false);
  const structured = readStructured(text);
  if (structured === null) {
    throw new RunError('OUTPUT_INVALID', 'put out no JSON, though it has an output_format');
  }
  const { properties } = outputFormat;
  const declared = isJsonObject(properties) ? Object.keys(properties) : [];
  return whole(structured.json, readDeclaredFields(structured.value, fieldsRead, declared), true);
}

function whole(text: string, fields: readonly Field[] | null, isStructured: boolean): NodeOutput {
  return {
    text: { kind: 'inline', text },
    fields: fields === null ? null : Object.fromEntries(fields.map(asValue)),
    ...(isStructured ? { isStructured } : {}),
  };
}

function asValue({ name, type, text }: Field): [string, FieldValue] {
  return [name, { type, text: { kind: 'inline', text } }];
}
