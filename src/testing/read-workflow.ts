import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileDefinition } from '../core/definition/compile.js';
import type { WorkflowDefinition } from '../core/definition/definition.js';
import { formatIssue, type Issue } from '../core/definition/issue.js';
import { RunError } from '../core/errors.js';

/** A workflow file by its path (a relative one from the directory of the process) or URL, or its text. */
export type WorkflowSource = string | URL | { readonly yaml: string };

export interface ReadWorkflow {
  readonly definition: WorkflowDefinition;
  readonly warnings: readonly Issue[];
}

/** @throws RunError `WORKFLOW_NOT_FOUND` · `DEFINITION_INVALID` with every issue, `file:line:column` */
export async function readWorkflow(source: WorkflowSource): Promise<ReadWorkflow> {
  const { file, text } = await load(source);
  const compilation = compileDefinition({ file, text });
  if (compilation.kind === 'compiled') return compilation;
  const issues = compilation.issues.map((issue) => `  ${formatIssue(issue)}`);
  throw new RunError('DEFINITION_INVALID', `the workflow cannot be run:\n${issues.join('\n')}`, {
    issues: compilation.issues,
  });
}

async function load(
  source: WorkflowSource,
): Promise<{ readonly file: string; readonly text: string | Uint8Array }> {
  if (typeof source === 'object' && 'yaml' in source) return { file: 'workflow.yaml', text: source.yaml };
  const file = source instanceof URL ? fileURLToPath(source) : resolve(source);
  try {
    return { file, text: await readFile(file) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RunError(
      'WORKFLOW_NOT_FOUND',
      `the workflow file ${file} cannot be read: ${reason}`,
      {},
      { cause: error },
    );
  }
}
