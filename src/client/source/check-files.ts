import { access, constants } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { checkAgents } from '../../core/authoring/check-agents.js';
import { checkSubruns } from '../../core/authoring/check-subruns.js';
import type { ScriptRuntime } from '../../core/definition/definition.js';
import type { DraftNode } from '../../core/definition/draft.js';
import type { Issue } from '../../core/definition/issue.js';
import type { IssueList } from '../../core/definition/source-document.js';
import { RunError } from '../../core/errors.js';
import { nearestName } from '../../core/nearest-name.js';
import type { Catalogue } from '../discover.js';
import { checkAgentFiles, type AgentSurroundings } from './check-agent-files.js';
import { makeCommandFinder, type CommandFinder } from './find-command.js';
import { makeScriptFinder, type ScriptFinder } from './find-script.js';
import { commandOf, nodesOf } from './included-commands.js';
import type { ParsedFile } from './parse-files.js';
import { DEFAULT_CONFIG } from './read-project-config.js';
import { subrunLibrary } from './subrun-library.js';

/** What nodes will find on the machine. */
export interface Surroundings {
  /** `$PATH` of the caller. */
  readonly searchPath: string;
  readonly home: string | null;
  /** Where Claude keeps what is the user's. */
  readonly claudeHome: string | null;
}

/** With what the nodes of one file are checked. */
interface Check {
  readonly issues: IssueList;
  readonly commands: CommandFinder;
  readonly scripts: ScriptFinder;
  readonly agents: AgentSurroundings;
  readonly missingRuntimes: ReadonlySet<ScriptRuntime>;
}

type NodeCheck = (node: DraftNode, check: Check) => Promise<void> | void;

const CHECKS: readonly NodeCheck[] = [
  checkCommand,
  checkScript,
  (node, { agents, issues }) => checkAgentFiles(node, agents, issues),
  checkSchema,
];

/** What the nodes of a file need of other files, of the config and of the machine, and would not find. */
export async function checkFile(
  catalogue: Catalogue,
  one: ParsedFile,
  surroundings: Surroundings,
): Promise<readonly Issue[]> {
  const { scopes } = catalogue;
  const config = catalogue.config.kind === 'read' ? catalogue.config.config : DEFAULT_CONFIG;
  const { root } = scopes;
  const { home, claudeHome } = surroundings;
  const issues = one.parsed.issues.empty();
  const check: Check = {
    issues,
    commands: makeCommandFinder({ scopes, config, package: one.file.package?.folder ?? null }),
    scripts: makeScriptFinder(scopes),
    agents: { root, home, claudeHome, models: config.models },
    missingRuntimes: await missingRuntimes(surroundings),
  };
  const nodes = nodesOf(one);
  for (const node of nodes) {
    for (const checkNode of CHECKS) await checkNode(node, check);
  }
  if (one.parsed.draft !== null) checkAgents(one.parsed.draft, config.models, issues);
  const usable = catalogue.workflows.find(({ workflow }) => workflow.file === one.file.file);
  checkSubruns(nodes, {
    from: one.parsed.name ?? '',
    own: usable?.definition ?? null,
    library: subrunLibrary(catalogue, one.file.scope),
    issues,
  });
  return issues.told();
}

async function checkCommand(node: DraftNode, { commands, issues }: Check): Promise<void> {
  const name = commandOf(node);
  if (name === null) return;
  const reading = await commands.find(name);
  if (reading.kind === 'found') return;
  const path = [...node.path, ...(node.body?.kind === 'loop' ? ['loop', 'command'] : ['command'])];
  const message = `the command '${name}' ${reading.problem}`;
  const known = (await commands.list()).map((one) => one.name);
  const nearest = known.includes(name) ? null : nearestName(name, known);
  const hint = nearest === null ? `write .archon/commands/${name}.md` : `did you mean '${nearest}'?`;
  issues.error({ code: 'COMMAND_NOT_FOUND', path, message, hint });
}

async function checkScript({ path, body }: DraftNode, check: Check): Promise<void> {
  if (body?.kind !== 'script') return;
  const { source, runtime: written } = body;
  const isNamed = source.kind === 'named' && source.file === undefined;
  const finding = isNamed ? await check.scripts.find(source.name) : null;
  if (isNamed && finding?.kind === 'refused') {
    const message = `the script '${source.name}' ${finding.problem}`;
    const hint = 'add the file to .archon/scripts, or write the program itself';
    check.issues.error({ code: 'SCRIPT_NOT_FOUND', path: [...path, 'script'], message, hint });
  }
  const runtime = finding?.kind === 'found' ? finding.runtime : written;
  checkRuntime({ path, written, runtime }, check);
}

/** What runs a named script is told by its file, whatever the node says. */
function checkRuntime(
  { path, written, runtime }: Pick<DraftNode, 'path'> & Record<'written' | 'runtime', ScriptRuntime>,
  { missingRuntimes: missing, issues }: Check,
): void {
  const at = [...path, 'runtime'];
  if (runtime !== written) {
    const message = `the ending of the script's file says '${runtime}', which counts before '${written}'`;
    issues.warning({ code: 'VALUE_IGNORED', path: at, message, hint: `write runtime: ${runtime}` });
  }
  if (!missing.has(runtime)) return;
  const message = `'${runtime}' is not on PATH here`;
  const hint = 'install it before the workflow is run';
  issues.warning({ code: 'RUNTIME_NOT_FOUND', path: at, message, hint });
}

async function checkSchema({ path, extras }: DraftNode, { issues }: Check): Promise<void> {
  if (extras.outputFormat === undefined) return;
  // Takes a while to load, and few files need it.
  const { readShape } = await import('../../core/definition/output-shape.js');
  try {
    readShape(extras.outputFormat);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const message = `'output_format' is no JSON Schema: ${String(error.details['reason'])}`;
    const hint = 'write one: type: object, properties: …';
    issues.error({ code: 'VALUE_INVALID', path: [...path, 'output_format'], message, hint });
  }
}

async function missingRuntimes({ searchPath }: Surroundings): Promise<ReadonlySet<ScriptRuntime>> {
  const folders = searchPath.split(':').filter(isAbsolute);
  const runtimes: readonly ScriptRuntime[] = ['bun', 'uv'];
  const found = await Promise.all(runtimes.map((runtime) => isOnPath(runtime, folders)));
  return new Set(runtimes.filter((_, index) => found[index] !== true));
}

async function isOnPath(name: string, folders: readonly string[]): Promise<boolean> {
  const there = folders.map((folder) =>
    access(join(folder, name), constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(there)).includes(true);
}
