import { join } from 'node:path';
import { compileDefinition, type Compilation } from '../core/definition/compile.js';
import type { WorkflowDefinition } from '../core/definition/definition.js';
import type { Issue } from '../core/definition/issue.js';
import { resolveWorkflowName } from '../core/definition/resolve-name.js';
import { RunError } from '../core/errors.js';
import type { BrokenWorkflow, Discovery, FoundWorkflow } from './orchestrator.js';
import { listScope, readWorkflowFile, type ScopeListing, type WorkflowFile } from './workflow-files.js';

/** Where workflows are looked for. */
export interface Scopes {
  /** The working path: `<root>/.archon/workflows`. */
  readonly root: string;
  /** `$ARCHON_HOME`: `<archonHome>/workflows`. */
  readonly archonHome: string;
}

/** A workflow that may be run. */
export interface UsableWorkflow {
  readonly workflow: FoundWorkflow;
  readonly definition: WorkflowDefinition;
  /** The file as it was compiled. */
  readonly text: string;
}

/** What discovery found, with the definitions. */
export interface Catalogue {
  readonly discovery: Discovery;
  /** In order of name. */
  readonly workflows: readonly UsableWorkflow[];
}

/** What a name leads to; `refused`: the file that it means cannot be used. */
export type PickedWorkflow =
  | ({ readonly kind: 'usable' } & UsableWorkflow)
  | { readonly kind: 'refused'; readonly file: string; readonly issues: readonly Issue[] };

/** A definition, or why there is none. */
export type LoadedWorkflow = Compilation;

type Compiled =
  | { readonly kind: 'usable'; readonly usable: UsableWorkflow }
  | { readonly kind: 'broken'; readonly broken: BrokenWorkflow };

/**
 * Every workflow of a project and of the user, compiled. A file that cannot be used never hides the others: it
 * is told among the errors.
 * @throws RunError `WORKING_PATH_INVALID` a workflow folder exists and cannot be read
 */
export async function discover(scopes: Scopes): Promise<Catalogue> {
  const listings = await Promise.all([
    listScope(join(scopes.archonHome, 'workflows'), 'global'),
    listScope(join(scopes.root, '.archon', 'workflows'), 'project'),
  ]);
  const compiled = await Promise.all(survivors(listings).map(compileFile));
  const { kept, duplicates } = separateDuplicates(
    compiled.flatMap((file) => (file.kind === 'usable' ? [file.usable] : [])),
  );
  const errors = [
    ...listings.flatMap(brokenFolders),
    ...compiled.flatMap((file) => (file.kind === 'broken' ? [file.broken] : [])),
    ...duplicates,
  ];
  const workflows = [...kept].sort((a, b) => (a.workflow.name < b.workflow.name ? -1 : 1));
  return {
    discovery: { root: scopes.root, workflows: workflows.map((one) => one.workflow), errors },
    workflows,
  };
}

/**
 * The workflow that a person means by a name.
 * @throws RunError `WORKFLOW_NOT_FOUND` · `WORKFLOW_AMBIGUOUS` · `WORKING_PATH_INVALID`
 */
export async function loadWorkflow(scopes: Scopes, name: string): Promise<LoadedWorkflow> {
  const picked = pickWorkflow(await discover(scopes), name);
  if (picked.kind === 'refused') return { kind: 'refused', issues: picked.issues };
  return { kind: 'compiled', definition: picked.definition, warnings: picked.workflow.warnings };
}

/**
 * The workflow of a catalogue that a person means by a name. A file of exactly that name that cannot be used is
 * what is meant, even where another name resembles it.
 * @throws RunError `WORKFLOW_NOT_FOUND` · `WORKFLOW_AMBIGUOUS`
 */
export function pickWorkflow(catalogue: Catalogue, name: string): PickedWorkflow {
  const { workflows, discovery } = catalogue;
  const exact = workflows.find((one) => one.workflow.name === name);
  if (exact !== undefined) return { kind: 'usable', ...exact };
  const broken = discovery.errors.find(
    ({ file }) => file.endsWith(`/${name}.yaml`) || file.endsWith(`/${name}.yml`),
  );
  if (broken !== undefined) return { kind: 'refused', file: broken.file, issues: broken.issues };
  const names = workflows.map((one) => one.workflow.name);
  const resolved = resolveWorkflowName(name, names);
  if (resolved.kind === 'ambiguous') {
    throw new RunError(
      'WORKFLOW_AMBIGUOUS',
      `workflow ${name} may be any of: ${resolved.candidates.join(', ')}; type the whole name`,
      { candidates: resolved.candidates },
    );
  }
  if (resolved.kind === 'notFound') throw notFound(name, resolved.nearest, discovery);
  const found = workflows.find((one) => one.workflow.name === resolved.name);
  if (found === undefined) throw notFound(name, null, discovery);
  return { kind: 'usable', ...found };
}

function notFound(name: string, nearest: string | null, { root, errors, workflows }: Discovery): RunError {
  const known = workflows.map((workflow) => workflow.name);
  const hint = nearest === null ? '.' : `; did you mean ${nearest}?`;
  const list =
    known.length === 0
      ? `There are none in ${join(root, '.archon', 'workflows')}`
      : `There are: ${known.join(', ')}`;
  const broken = errors.length === 0 ? '' : `; ${errors.length} more cannot be used (signalbox validate)`;
  const wanted = name === '' ? '""' : name;
  return new RunError('WORKFLOW_NOT_FOUND', `no workflow is named ${wanted}${hint} ${list}${broken}`, {
    known,
  });
}

/** One file per basename: the project's wins over the global one, within a scope the last one listed. */
function survivors(listings: readonly ScopeListing[]): readonly WorkflowFile[] {
  const byBasename = new Map<string, WorkflowFile>();
  for (const file of listings.flatMap((listing) => listing.files)) byBasename.set(file.basename, file);
  return [...byBasename.values()];
}

async function compileFile({ file, scope }: WorkflowFile): Promise<Compiled> {
  const read = await readWorkflowFile(file);
  if ('problem' in read) return { kind: 'broken', broken: unreadable(file, read.problem) };
  const result = compileDefinition({ file, text: read.bytes });
  if (result.kind === 'refused') {
    const { issues } = result;
    return { kind: 'broken', broken: { file, errorType: errorTypeOf(issues), issues } };
  }
  const { definition, warnings } = result;
  const decoder = new TextDecoder();
  const workflow = { name: definition.name, description: definition.description, file, scope, warnings };
  return { kind: 'usable', usable: { workflow, definition, text: decoder.decode(read.bytes) } };
}

function errorTypeOf(issues: readonly Issue[]): BrokenWorkflow['errorType'] {
  return issues.some((issue) => issue.code === 'YAML_INVALID') ? 'parse_error' : 'validation_error';
}

/** Two files that declare one name: neither is what the name means. */
function separateDuplicates(usable: readonly UsableWorkflow[]): {
  readonly kept: readonly UsableWorkflow[];
  readonly duplicates: readonly BrokenWorkflow[];
} {
  const byName = new Map<string, UsableWorkflow[]>();
  for (const one of usable) {
    byName.set(one.workflow.name, [...(byName.get(one.workflow.name) ?? []), one]);
  }
  const groups = [...byName.values()];
  return {
    kept: groups.filter((group) => group.length === 1).flat(),
    duplicates: groups.filter((group) => group.length > 1).flatMap(duplicateErrors),
  };
}

function duplicateErrors(group: readonly UsableWorkflow[]): readonly BrokenWorkflow[] {
  return group.map(({ workflow: { file, name } }) => {
    const others = group.map((other) => other.workflow.file).filter((other) => other !== file);
    return {
      file,
      errorType: 'validation_error' as const,
      issues: [
        fileIssue(file, {
          code: 'DUPLICATE_NAME',
          path: ['name'],
          message: `duplicate workflow name '${name}': ${others.join(' and ')} declares it, too`,
          hint: 'give each its own name; a project file replaces a global one that has the same file name',
        }),
      ],
    };
  });
}

function brokenFolders({ packaged, unreadable: folders }: ScopeListing): readonly BrokenWorkflow[] {
  return [
    ...folders.map(({ path, reason }) => unreadable(path, reason)),
    ...packaged.map((folder) => ({
      file: folder,
      errorType: 'validation_error' as const,
      issues: [
        fileIssue(folder, {
          code: 'LAYOUT_UNSUPPORTED',
          path: [],
          message: 'packaged workflows (a pack, a folder, one file) are not supported yet',
          hint: 'move the file up, into the workflows folder or a folder in it',
        }),
      ],
    })),
  ];
}

function unreadable(file: string, problem: string): BrokenWorkflow {
  const issue = fileIssue(file, {
    code: 'FILE_UNREADABLE',
    path: [],
    message: `cannot be read: ${problem}`,
    hint: 'mend the file or its permissions, or remove it',
  });
  return { file, errorType: 'read_error', issues: [issue] };
}

/** An issue with a file as a whole. */
function fileIssue(file: string, issue: Pick<Issue, 'code' | 'path' | 'message' | 'hint'>): Issue {
  return { severity: 'error', ...issue, file, line: 1, column: 1 };
}
