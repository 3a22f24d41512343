import { createHash } from 'node:crypto';
import type { OutputShape } from '../core/definition/output-shape.js';
import type { Text } from '../core/definition/definition.js';
import { RunError } from '../core/errors.js';
import {
  INLINE_LIMIT_BYTES,
  readDeclaredFields,
  readFields,
  readStructured,
  type Field,
} from '../core/expression/output.js';
import { excerptOf } from '../core/run/excerpt.js';
import type { OutputTexts } from '../ports/output-texts.js';
import type { OutputStore } from '../ports/run-files.js';
import type { TextStore } from '../ports/run-table.js';
import type { FieldValue, NodeOutput, NodeScope, Scope, TextValue } from '../core/run/task.js';

const EXCERPT_CHARACTERS = 2_000;

type Scopes = Scope['nodes'];

/** Texts that a worker would keep in files or tables, kept in memory; to the run they look like files. */
export class LargeTexts implements OutputTexts, OutputStore, Pick<TextStore, 'put' | 'get'> {
  readonly #texts = new Map<string, string>();
  readonly #stored = new Map<string, string>();

  /**
   * The output that a node makes of its text.
   * @param shape null: none is declared
   * @throws RunError `OUTPUT_INVALID`; continues "Bash node 'x'"
   */
  toOutput(text: string, fieldsRead: readonly string[], shape: OutputShape | null): NodeOutput {
    if (shape === null)
      return { text: this.#toValue(text), fields: this.#place(readFields(text, fieldsRead)) };
    const structured = readStructured(text);
    if (structured === null) {
      throw new RunError('OUTPUT_INVALID', 'put out no JSON, though it has an output_format');
    }
    const { value, json } = structured;
    shape.require(value);
    const fields = this.#place(readDeclaredFields(value, fieldsRead, shape.declared));
    return { text: this.#toValue(json), fields, isStructured: true };
  }

  keep(text: string): TextValue {
    const sha256 = createHash('sha256').update(text).digest('hex');
    const path = `/memory/${sha256}`;
    this.#texts.set(path, text);
    const bytes = Buffer.byteLength(text);
    return { kind: 'file', path, bytes, sha256, excerpt: excerptOf(text, EXCERPT_CHARACTERS) };
  }

  put(texts: ReadonlyMap<string, string>): Promise<void> {
    for (const [sha256, text] of texts) this.#stored.set(sha256, text);
    return Promise.resolve();
  }

  get(sha256: string): Promise<string> {
    return Promise.resolve(this.#storedAs(sha256));
  }

  /** A text of a definition. */
  written(text: Text): string {
    return text.kind === 'inline' ? text.text : this.#storedAs(text.sha256);
  }

  store(_artifactsDir: string, text: TextValue): Promise<TextValue> {
    return Promise.resolve(text.kind === 'inline' ? this.keep(text.text) : text);
  }

  read(text: TextValue): Promise<string> {
    return Promise.resolve(this.textOf(text));
  }

  textOf(value: TextValue): string {
    return value.kind === 'inline' ? value.text : (this.#texts.get(value.path) ?? value.excerpt);
  }

  load(scope: Scope): Promise<Scope> {
    return Promise.resolve(this.loaded(scope));
  }

  /** The scope with every text at hand, as a worker has it that has read its files. */
  loaded(scope: Scope): Scope {
    const previous = scope.previous === undefined ? {} : { previous: this.#loadNodes(scope.previous) };
    return { ...scope, nodes: this.#loadNodes(scope.nodes), ...previous };
  }

  #storedAs(sha256: string): string {
    const found = this.#stored.get(sha256);
    if (found === undefined) throw new RunError('INTERNAL', `no text is stored as ${sha256}`);
    return found;
  }

  #place(fields: readonly Field[] | null): NodeOutput['fields'] {
    if (fields === null) return null;
    const placed = fields.map(({ name, type, text }): [string, FieldValue] => [
      name,
      { type, text: this.#toValue(text) },
    ]);
    return Object.fromEntries(placed);
  }

  #toValue(text: string): TextValue {
    return Buffer.byteLength(text) <= INLINE_LIMIT_BYTES ? { kind: 'inline', text } : this.keep(text);
  }

  #loadNodes(nodes: Scopes): Scopes {
    const loaded = Object.entries(nodes).map(([id, node]) => [id, this.#loadNode(node)] as const);
    return Object.fromEntries(loaded);
  }

  #loadNode(node: NodeScope): NodeScope {
    if (node.state !== 'completed') return node;
    const { text, fields, ...rest } = node.output;
    const loaded = Object.entries(fields ?? {}).map(
      ([name, field]) => [name, { ...field, text: this.#load(field.text) }] as const,
    );
    const output = {
      ...rest,
      text: this.#load(text),
      fields: fields === null ? null : Object.fromEntries(loaded),
    };
    return { state: 'completed', output };
  }

  #load(value: TextValue): TextValue {
    return { kind: 'inline', text: this.textOf(value) };
  }
}
