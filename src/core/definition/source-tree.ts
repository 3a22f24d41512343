import { isJsonObject } from '../json.js';
import { findUnstorable } from './decode-file.js';
import type { IssuePath } from './issue.js';
import type { Aim, Finding, Position, SourceDocument } from './source-document.js';

/** A part of a file. Offsets in UTF-16 units, `end` exclusive; `anchor`: the name by which aliases repeat it. */
export type SourceNode = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'map'; readonly anchor: string | null; readonly entries: readonly SourceEntry[] }
  | { readonly kind: 'list'; readonly anchor: string | null; readonly items: readonly SourceNode[] }
  | { readonly kind: 'scalar'; readonly anchor: string | null; readonly value: unknown }
  | { readonly kind: 'alias'; readonly name: string }
);

/** `key` null: it is no plain text. */
export interface SourceEntry {
  readonly key: string | null;
  readonly keyStart: number;
  readonly value: SourceNode;
}

/** How deep maps and lists may nest, aliases written out. */
export const DEEPEST_NESTING = 100;
/** How many values all aliases together may stand for. */
const MOST_REPEATED_VALUES = 250_000;

/** What a part became. `values`: how many it stands for; `depth`: how deep they nest. */
interface Reading {
  readonly value: unknown;
  readonly values: number;
  readonly depth: number;
}

/** What a map becomes. */
interface Members {
  /** Where each key stands. */
  readonly entries: Map<string, SourceEntry>;
  readonly values: Map<string, unknown>;
}

/** Its map, or list of maps, gives keys to the map that it stands in. */
const MERGE_KEY = '<<';

const NOTHING: Reading = { value: null, values: 1, depth: 0 };

/** A file as parts that know where they stand: `read` once, then `value` and positions. */
export class SourceTree implements SourceDocument {
  value: unknown = null;
  private root: SourceNode | null = null;
  private readonly lineStarts: readonly number[];
  private readonly findings: Finding[] = [];
  private repeatedValues = 0;
  /** By name, the part that an alias repeats; `reading` null while it is being read, since no part may contain itself. */
  private readonly anchors = new Map<
    string,
    { readonly node: SourceNode; readonly reading: Reading | null }
  >();
  private readonly targets = new Map<SourceNode, SourceNode>();
  private readonly entries = new Map<SourceNode, ReadonlyMap<string, SourceEntry>>();

  constructor(private readonly text: string) {
    this.lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  }

  /** Makes `value` of the parts. After findings other than duplicate keys it is not to be used. */
  read(root: SourceNode): readonly Finding[] {
    this.root = root;
    this.value = this.readNode(root, [], 0).value;
    return this.findings;
  }

  positionOf(path: IssuePath, aim: Aim): Position {
    const offset = typeof aim === 'object' && 'offset' in aim ? aim.offset : this.offsetOf(path, aim);
    const line = this.lineOf(offset);
    return { line, column: offset - (this.lineStarts[line - 1] ?? 0) + 1 };
  }

  private readNode(node: SourceNode, path: IssuePath, depth: number): Reading {
    if (node.kind === 'alias') return this.readAlias(node, path, depth);
    if (node.anchor !== null) this.anchors.set(node.anchor, { node, reading: null });
    const reading = this.readBare(node, path, depth);
    if (node.anchor !== null) this.anchors.set(node.anchor, { node, reading });
    return reading;
  }

  private readBare(node: SourceNode, path: IssuePath, depth: number): Reading {
    if (node.kind === 'map') return this.readMap(node, path, depth);
    if (node.kind === 'list') {
      const items = node.items.map((item, index) => this.readNode(item, [...path, index], depth + 1));
      return joined(
        items.map(({ value }) => value),
        items,
      );
    }
    const value = node.kind === 'scalar' ? node.value : null;
    if (typeof value === 'string') this.checkStorable(value, node.start, path);
    return { value, values: 1, depth: 0 };
  }

  private readMap(map: SourceNode & { kind: 'map' }, path: IssuePath, depth: number): Reading {
    const members: Members = { entries: new Map(), values: new Map() };
    const merged: (readonly [SourceNode, Reading])[] = [];
    const parts = map.entries.flatMap((entry): readonly Reading[] => {
      const key = this.readKey(entry, members.entries, path);
      if (key === null) return [];
      members.entries.set(key, entry);
      const isMerged = key === MERGE_KEY;
      const reading = this.readNode(entry.value, [...path, key], isMerged ? depth : depth + 1);
      if (isMerged) merged.push([entry.value, reading]);
      else members.values.set(key, reading.value);
      return [isMerged ? { ...reading, depth: Math.max(0, reading.depth - 1) } : reading];
    });
    for (const [source, { value }] of merged) this.merge(members, source, value);
    this.entries.set(map, members.entries);
    return joined(Object.fromEntries(members.values), parts);
  }

  private merge(members: Members, source: SourceNode, value: unknown): void {
    const target = this.targets.get(source) ?? source;
    if (target.kind === 'list' && Array.isArray(value)) {
      for (const [index, item] of target.items.entries()) this.merge(members, item, value[index]);
    } else if (isJsonObject(value)) {
      addMissing(members.values, Object.entries(value));
      addMissing(members.entries, this.entries.get(target) ?? []);
    } else if (target.kind === 'scalar') {
      const message = `'${MERGE_KEY}' stands for no map`;
      const hint = `write ${MERGE_KEY}: *name, where &name marks a map`;
      this.findings.push({ code: 'YAML_INVALID', path: [], aim: { offset: source.start }, message, hint });
    }
  }

  private readKey(
    { key, keyStart }: SourceEntry,
    known: ReadonlyMap<string, SourceEntry>,
    path: IssuePath,
  ): string | null {
    const aim = { offset: keyStart };
    if (key === null) {
      const message = 'a key is not plain text';
      this.findings.push({ code: 'YAML_INVALID', path, aim, message, hint: 'write the key as text' });
    } else if (known.has(key)) {
      const message = `the key '${key}' stands here a second time`;
      this.findings.push({ code: 'DUPLICATE_KEY', path: [...path, key], aim, message, hint: 'keep one' });
    } else {
      this.checkStorable(key, keyStart, path);
      return key;
    }
    return null;
  }

  private readAlias(alias: SourceNode & { kind: 'alias' }, path: IssuePath, depth: number): Reading {
    const aim = { offset: alias.start };
    const anchor = this.anchors.get(alias.name);
    if (anchor === undefined) {
      const message = `the alias '*${alias.name}' stands for nothing`;
      const hint = `mark what it repeats with &${alias.name}, further up`;
      this.findings.push({ code: 'YAML_INVALID', path, aim, message, hint });
      return NOTHING;
    }
    const problem = this.problemOf(anchor.reading, depth);
    if (problem === null && anchor.reading !== null) {
      this.targets.set(alias, anchor.node);
      return anchor.reading;
    }
    const message = `the alias '*${alias.name}' ${problem ?? ''}`;
    this.findings.push({ code: 'ALIASES_TOO_LARGE', path, aim, message, hint: 'write the values out' });
    return NOTHING;
  }

  private problemOf(reading: Reading | null, depth: number): string | null {
    if (reading === null) return 'stands for something that contains it';
    this.repeatedValues += reading.values;
    if (this.repeatedValues > MOST_REPEATED_VALUES) return 'and others stand for too many values';
    return depth + reading.depth > DEEPEST_NESTING ? 'makes the values nest too deep' : null;
  }

  private checkStorable(text: string, offset: number, path: IssuePath): void {
    if (findUnstorable(text) === null) return;
    const message = 'a text holds a NUL byte or half a character';
    const hint = 'delete the escape that makes it';
    this.findings.push({ code: 'ENCODING_INVALID', path, aim: { offset }, message, hint });
  }

  private offsetOf(path: IssuePath, aim: Exclude<Aim, { readonly offset: number }>): number {
    let node = this.root;
    let offset = node?.start ?? 0;
    for (const [index, key] of path.entries()) {
      const step = this.stepInto(node, key);
      if (step === null) return offset;
      offset = aim === 'key' && index === path.length - 1 ? step.keyStart : step.value.start;
      node = this.targets.get(step.value) ?? step.value;
    }
    return typeof aim === 'object' && node !== null ? this.find(aim.text, node, offset) : offset;
  }

  private stepInto(node: SourceNode | null, key: string | number): SourceEntry | null {
    if (node?.kind === 'map') return this.entries.get(node)?.get(String(key)) ?? null;
    const item = node?.kind === 'list' && typeof key === 'number' ? node.items[key] : undefined;
    return item === undefined ? null : { key: null, keyStart: item.start, value: item };
  }

  private find(text: string, { start, end }: SourceNode, otherwise: number): number {
    const found = this.text.slice(start, end).indexOf(text);
    return found < 0 ? otherwise : start + found;
  }

  /** The last line that begins at or before an offset; from 1. */
  private lineOf(offset: number): number {
    let [low, high] = [1, this.lineStarts.length];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.lineStarts[middle - 1] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Keys that a map has already, its own or those of an earlier source, stay what they are. */
function addMissing<Value>(map: Map<string, Value>, more: Iterable<readonly [string, Value]>): void {
  for (const [key, value] of more) if (!map.has(key)) map.set(key, value);
}

function joined(value: unknown, parts: readonly Reading[]): Reading {
  return {
    value,
    values: parts.reduce((sum, part) => sum + part.values, 1),
    depth: parts.reduce((deepest, part) => Math.max(deepest, part.depth), 0) + 1,
  };
}
