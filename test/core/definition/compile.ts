import { expect } from 'vitest';
import { compileDefinition } from '../../../src/core/definition/compile.js';
import type { WorkflowDefinition } from '../../../src/core/definition/definition.js';
import type { Issue } from '../../../src/core/definition/issue.js';

/** What is wrong with a text; of a compiled one the warnings. */
export function issuesOf(text: string | Uint8Array): readonly Issue[] {
  const result = compileDefinition({ file: 'f.yaml', text });
  return result.kind === 'compiled' ? result.warnings : result.issues;
}

/** As `line:column CODE`, errors marked with `!`. */
export function summaryOf(text: string | Uint8Array): readonly string[] {
  return issuesOf(text).map(
    ({ line, column, code, severity }) => `${line}:${column} ${code}${severity === 'error' ? '!' : ''}`,
  );
}

/** The definition of a text that has nothing wrong with it, warnings apart. */
export function definitionOf(text: string | Uint8Array): WorkflowDefinition {
  const result = compileDefinition({ file: 'f.yaml', text });
  expect(result).toMatchObject({ kind: 'compiled' });
  if (result.kind === 'refused') throw new Error('unreachable');
  return result.definition;
}

/** A workflow of these nodes (YAML, indented by two) and these further keys; its first node stands on line 4. */
export function withNodes(nodes: string, keys = ''): string {
  return `name: w\ndescription: d\nnodes:\n${nodes.replace(/\n*$/, '\n')}${keys}`;
}
