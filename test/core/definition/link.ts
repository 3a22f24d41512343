import { expect } from 'vitest';
import { linkWorkflows, parseWorkflow, type Compilation } from '../../../src/core/definition/compile.js';
import type { WorkflowDefinition } from '../../../src/core/definition/definition.js';

type Commands = (name: string) => string | null;

/** The definition of one of several files that know each other. */
export function linked(texts: readonly string[], name: string, commands?: Commands): WorkflowDefinition {
  const result = compiled(texts, name, commands);
  expect(result).toMatchObject({ kind: 'compiled' });
  if (result.kind === 'refused') throw new Error('unreachable');
  return result.definition;
}

/** What is told of it, as `line:column CODE`, errors marked with `!`. */
export function problemsOf(texts: readonly string[], name: string, commands?: Commands): readonly string[] {
  const result = compiled(texts, name, commands);
  const issues = result.kind === 'compiled' ? result.warnings : result.issues;
  return issues.map(
    ({ line, column, code, severity }) => `${line}:${column} ${code}${severity === 'error' ? '!' : ''}`,
  );
}

function compiled(texts: readonly string[], name: string, commands: Commands = () => null): Compilation {
  const parsed = texts.map((text, index) => parseWorkflow({ file: `${index}.yaml`, text }));
  const results = linkWorkflows(parsed, commands);
  const result = results[parsed.findIndex((one) => one.name === name)];
  if (result === undefined) throw new Error(`no file declares ${name}`);
  return result;
}
