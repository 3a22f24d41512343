import { readFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledFolder } from '../adapters/files/bundled-folder.js';
import { discover } from '../client/discover.js';
import { loadText, type RunSource } from '../client/load-source.js';
import { formatIssue } from '../core/definition/issue.js';
import { RunError } from '../core/errors.js';

/**
 * A workflow file by its path (a relative one from the directory of the process) or URL, or its text. What it includes
 * and runs is looked for in its project's `.archon`, and among what signalbox brings along; never in a home.
 */
export type WorkflowSource = string | URL | { readonly yaml: string };

const NOWHERE = '/nonexistent';
const ARCHON = `${sep}.archon${sep}`;

/**
 * @throws RunError `WORKFLOW_NOT_FOUND` · `DEFINITION_INVALID` with every issue, `file:line:column` ·
 * `SOURCE_UNREADABLE`
 */
export async function readWorkflow(source: WorkflowSource): Promise<RunSource> {
  const { file, text, root } = await load(source);
  const catalogue = await discover({ root, archonHome: NOWHERE, bundled: bundledFolder() });
  const loaded = await loadText(catalogue, { file, text });
  if (loaded.kind === 'loaded') return loaded.source;
  const { issues } = loaded;
  const lines = issues.map((issue) => `  ${formatIssue(issue)}`).join('\n');
  throw new RunError('DEFINITION_INVALID', `the workflow cannot be run:\n${lines}`, { issues });
}

interface Loaded {
  readonly file: string;
  readonly text: string | Uint8Array;
  /** The project that the file belongs to. */
  readonly root: string;
}

async function load(source: WorkflowSource): Promise<Loaded> {
  if (typeof source === 'object' && 'yaml' in source) {
    return { file: 'workflow.yaml', text: source.yaml, root: NOWHERE };
  }
  const file = source instanceof URL ? fileURLToPath(source) : resolve(source);
  const archon = file.lastIndexOf(ARCHON);
  const root = archon < 0 ? dirname(file) : file.slice(0, archon);
  try {
    return { file, text: await readFile(file), root };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the workflow file ${file} cannot be read: ${reason}`;
    throw new RunError('WORKFLOW_NOT_FOUND', message, {}, { cause: error });
  }
}
