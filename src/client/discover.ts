import {
  linkWorkflows,
  parseWorkflow,
  type CommandTexts,
  type Compilation,
  type ParsedWorkflow,
} from '../core/definition/compile.js';
import type { Schedule, WorkflowDefinition } from '../core/definition/definition.js';
import type { Issue } from '../core/definition/issue.js';
import type { TextSource } from '../core/definition/read-yaml.js';
import type { BrokenWorkflow, Discovery, FoundWorkflow } from './orchestrator.js';
import { includedCommands } from './source/included-commands.js';
import { listScope, survivors, type PackageFolder } from './source/list-workflows.js';
import { parseFiles, type ParsedFile } from './source/parse-files.js';
import type { Parse } from './source/parse-memory.js';
import {
  DEFAULT_CONFIG,
  readProjectConfig,
  type ProjectConfigReading,
} from './source/read-project-config.js';
import { scopeFolders, type Scopes } from './source/scopes.js';

/** A workflow that may be run. */
export interface UsableWorkflow {
  readonly workflow: FoundWorkflow;
  /** Put together when it is first asked for. */
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
  /** Every file that could be read, whatever is wrong with it. */
  readonly files: readonly ParsedFile[];
  /** Compiles a text as if its file were one of these. */
  compile(source: TextSource): Compilation;
}

/**
 * Every workflow of a project, of the user and of signalbox, compiled. A file that cannot be used never hides the
 * others: it is told among the errors.
 * @throws RunError `WORKING_PATH_INVALID` a workflow folder exists and cannot be read
 */
export async function discover(scopes: Scopes, parse: Parse = parseWorkflow): Promise<Catalogue> {
  const reading = await readProjectConfig(scopes);
  const config = reading.kind === 'refused' ? DEFAULT_CONFIG : reading.config;
  const folders = scopeFolders(scopes, 'workflows').filter(
    ({ scope }) => scope !== 'bundled' || config.loadsDefaultWorkflows,
  );
  const listings = await Promise.all(folders.map(({ scope, folder }) => listScope(folder, scope)));
  const { files: listed, unusable } = survivors(listings);
  const { kept: files, unusable: unread } = await parseFiles(listed, parse);
  const commands = await includedCommands(scopes, config, files);
  const link = linking(commands, config.schedule ?? 'layers');
  const { workflows, broken } = compileFiles(files, link);
  const errors = [
    ...[...unusable, ...unread].map(({ file, errorType, issue }) => ({ file, errorType, issues: [issue] })),
    ...broken,
  ];
  const discovery = { root: scopes.root, workflows: workflows.map(({ workflow }) => workflow), errors };
  return {
    scopes,
    discovery,
    workflows,
    config: reading,
    files,
    compile: (source) => {
      const parsed = [parseWorkflow(source), ...files.map((one) => one.parsed)];
      return link(parsed)[0] ?? { kind: 'refused', issues: [] };
    },
  };
}

type Link = (parsed: readonly ParsedWorkflow[]) => readonly Compilation[];

const linking =
  (commands: CommandTexts, schedule: Schedule): Link =>
  (parsed) =>
    linkWorkflows(parsed, commands, schedule);

function compileFiles(
  files: readonly ParsedFile[],
  link: Link,
): { readonly workflows: readonly UsableWorkflow[]; readonly broken: readonly BrokenWorkflow[] } {
  const workflows: UsableWorkflow[] = [];
  const broken: BrokenWorkflow[] = [];
  const compilations = link(files.map(({ parsed }) => parsed));
  for (const [index, { file: found, parsed }] of files.entries()) {
    const compilation = compilations[index];
    if (compilation === undefined) continue;
    const { file, scope, package: pack } = found;
    if (compilation.kind === 'refused') {
      const { issues } = compilation;
      broken.push({ file, errorType: errorTypeOf(issues), issues });
      continue;
    }
    const { name, description, tags, inputs } = parsed.draft ?? compilation.definition;
    const workflow = { name, description, tags, inputs, file, scope, warnings: compilation.warnings };
    workflows.push({
      workflow,
      get definition() {
        return compilation.definition;
      },
      package: pack,
    });
  }
  return {
    workflows: workflows.toSorted((a, b) => (a.workflow.name < b.workflow.name ? -1 : 1)),
    broken,
  };
}

function errorTypeOf(issues: readonly Issue[]): BrokenWorkflow['errorType'] {
  return issues.some((issue) => issue.code === 'YAML_INVALID') ? 'parse_error' : 'validation_error';
}
