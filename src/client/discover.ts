import { compileDefinition } from '../core/definition/compile.js';
import type { WorkflowDefinition } from '../core/definition/definition.js';
import type { Issue } from '../core/definition/issue.js';
import type { BrokenWorkflow, Discovery, FoundWorkflow } from './orchestrator.js';
import { fileIssue, unreadableIssue } from './source/file-issue.js';
import { readRegularFile } from './source/folder-entries.js';
import { listScope, survivors, type PackageFolder, type WorkflowFile } from './source/list-workflows.js';
import { readProjectConfig, type ProjectConfigReading } from './source/read-project-config.js';
import { scopeFolders, type Scopes } from './source/scopes.js';

/** A workflow that may be run. */
export interface UsableWorkflow {
  readonly workflow: FoundWorkflow;
  readonly definition: WorkflowDefinition;
  /** Null: it lies in no package. */
  readonly package: PackageFolder | null;
}

/** What discovery found, with the definitions. */
export interface Catalogue {
  readonly scopes: Scopes;
  readonly discovery: Discovery;
  /** In order of name. */
  readonly workflows: readonly UsableWorkflow[];
  readonly config: ProjectConfigReading;
}

type Compiled =
  | { readonly kind: 'usable'; readonly usable: UsableWorkflow }
  | { readonly kind: 'broken'; readonly broken: BrokenWorkflow };

/**
 * Every workflow of a project, of the user and of signalbox, compiled. A file that cannot be used never hides the
 * others: it is told among the errors.
 * @throws RunError `WORKING_PATH_INVALID` a workflow folder exists and cannot be read
 */
export async function discover(scopes: Scopes): Promise<Catalogue> {
  const config = await readProjectConfig(scopes);
  const hasBundled = config.kind === 'refused' || config.config.loadsDefaultWorkflows;
  const folders = scopeFolders(scopes, 'workflows').filter(({ scope }) => scope !== 'bundled' || hasBundled);
  const listings = await Promise.all(folders.map(({ scope, folder }) => listScope(folder, scope)));
  const { files, unusable } = survivors(listings);
  const compiled = await Promise.all(files.map(compileFile));
  const { kept, duplicates } = separateDuplicates(
    compiled.flatMap((file) => (file.kind === 'usable' ? [file.usable] : [])),
  );
  const errors = [
    ...unusable.map(({ file, errorType, issue }) => ({ file, errorType, issues: [issue] })),
    ...compiled.flatMap((file) => (file.kind === 'broken' ? [file.broken] : [])),
    ...duplicates,
  ];
  const workflows = [...kept].sort((a, b) => (a.workflow.name < b.workflow.name ? -1 : 1));
  return {
    scopes,
    discovery: { root: scopes.root, workflows: workflows.map((one) => one.workflow), errors },
    workflows,
    config,
  };
}

async function compileFile({ file, scope, package: pack }: WorkflowFile): Promise<Compiled> {
  const reading = await readRegularFile(file);
  if (reading.kind !== 'read') {
    const issue = unreadableIssue(file, reading.kind === 'missing' ? 'ENOENT' : reading.reason);
    return { kind: 'broken', broken: { file, errorType: 'read_error', issues: [issue] } };
  }
  const result = compileDefinition({ file, text: reading.bytes });
  if (result.kind === 'refused') {
    const { issues } = result;
    return { kind: 'broken', broken: { file, errorType: errorTypeOf(issues), issues } };
  }
  const { definition, warnings } = result;
  const workflow = { name: definition.name, description: definition.description, file, scope, warnings };
  return { kind: 'usable', usable: { workflow, definition, package: pack } };
}

function errorTypeOf(issues: readonly Issue[]): BrokenWorkflow['errorType'] {
  return issues.some((issue) => issue.code === 'YAML_INVALID') ? 'parse_error' : 'validation_error';
}

/** Two files that declare one name: neither is what the name means, but for a bundled one, which gives way. */
function separateDuplicates(usable: readonly UsableWorkflow[]): {
  readonly kept: readonly UsableWorkflow[];
  readonly duplicates: readonly BrokenWorkflow[];
} {
  const byName = new Map<string, UsableWorkflow[]>();
  for (const one of usable) {
    byName.set(one.workflow.name, [...(byName.get(one.workflow.name) ?? []), one]);
  }
  const groups = [...byName.values()].map(withoutBundled);
  return {
    kept: groups.filter((group) => group.length === 1).flat(),
    duplicates: groups.filter((group) => group.length > 1).flatMap(duplicateErrors),
  };
}

function withoutBundled(group: readonly UsableWorkflow[]): readonly UsableWorkflow[] {
  const own = group.filter(({ workflow }) => workflow.scope !== 'bundled');
  return own.length > 0 ? own : group;
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
