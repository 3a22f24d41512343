import type { Issue } from '../definition/issue.js';
import { readYaml, type TextSource } from '../definition/read-yaml.js';
import { isJsonObject } from '../json.js';
import type { StubValue } from './stub-value.js';

export type StubReading =
  | { readonly kind: 'read'; readonly stubs: Readonly<Record<string, StubValue>> }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** A stub file: one map of node ids to what stands in for their work. A node without a value gives nothing. */
export function readStubs(source: TextSource): StubReading {
  const { tree, issues } = readYaml(source);
  const value = tree?.value ?? {};
  if (!isJsonObject(value)) {
    const message = 'the file is no map of node ids';
    issues.error({
      code: 'VALUE_INVALID',
      path: [],
      message,
      hint: 'write: node-id: what it gives',
      aim: 'value',
    });
  }
  if (tree === null || issues.hasErrors || !isJsonObject(value))
    return { kind: 'refused', issues: issues.told() };
  const stubs = Object.entries(value).map(([id, stub]) => [id, stub ?? ''] as const);
  return { kind: 'read', stubs: Object.fromEntries(stubs) };
}
