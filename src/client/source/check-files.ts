import { access, constants } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { ScriptRuntime } from '../../core/definition/definition.js';
import type { DraftNode } from '../../core/definition/draft.js';
import type { Issue } from '../../core/definition/issue.js';
import type { IssueList } from '../../core/definition/source-document.js';
import { RunError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { nearestName } from '../../core/nearest-name.js';
import type { ProjectConfig } from '../../core/project-config/project-config.js';
import type { Catalogue } from '../discover.js';
import { makeCommandFinder, type CommandFinder } from './find-command.js';
import { makeScriptFinder, type ScriptFinder } from './find-script.js';
import { readRegularFile } from './folder-entries.js';
import { commandOf, nodesOf } from './included-commands.js';
import type { ParsedFile } from './parse-files.js';
import { DEFAULT_CONFIG } from './read-project-config.js';

/** What nodes will find on the machine. */
export interface Surroundings {
  /** `$PATH` of the caller. */
  readonly searchPath: string;
}

/** With what the nodes of one file are checked. */
interface Check {
  readonly issues: IssueList;
  readonly commands: CommandFinder;
  readonly scripts: ScriptFinder;
  readonly config: ProjectConfig;
  readonly root: string;
  /** Of workflows that a node may run. */
  readonly names: readonly string[];
  readonly missingRuntimes: ReadonlySet<ScriptRuntime>;
}

type NodeCheck = (node: DraftNode, check: Check) => Promise<void> | void;

const CHECKS: readonly NodeCheck[] = [
  checkCommand,
  checkScript,
  checkRuntime,
  checkSubrun,
  checkServers,
  checkModel,
  checkSchema,
];

/** What the nodes of a file need of other files and of the machine, and would not find. */
export async function checkFile(
  catalogue: Catalogue,
  one: ParsedFile,
  surroundings: Surroundings,
): Promise<readonly Issue[]> {
  const { scopes } = catalogue;
  const config = catalogue.config.kind === 'read' ? catalogue.config.config : DEFAULT_CONFIG;
  const check: Check = {
    issues: one.parsed.issues.empty(),
    commands: makeCommandFinder({ scopes, config, package: one.file.package?.folder ?? null }),
    scripts: makeScriptFinder(scopes),
    config,
    root: scopes.root,
    names: catalogue.files.flatMap(({ parsed }) => parsed.name ?? []),
    missingRuntimes: await missingRuntimes(surroundings),
  };
  for (const node of nodesOf(one)) {
    for (const checkNode of CHECKS) await checkNode(node, check);
  }
  return check.issues.told();
}

async function checkCommand(node: DraftNode, { commands, issues }: Check): Promise<void> {
  const name = commandOf(node);
  if (name === null) return;
  const reading = await commands.find(name);
  if (reading.kind === 'found') return;
  const path = [...node.path, ...(node.body?.kind === 'loop' ? ['loop', 'command'] : ['command'])];
  const message = `the command '${name}' ${reading.problem}`;
  issues.error({ code: 'COMMAND_NOT_FOUND', path, message, hint: `write .archon/commands/${name}.md` });
}

async function checkScript({ path, body }: DraftNode, { scripts, issues }: Check): Promise<void> {
  if (body?.kind !== 'script' || body.source.kind === 'inline' || body.source.file !== undefined) return;
  const { name } = body.source;
  const finding = await scripts.find(name);
  if (finding.kind === 'found') return;
  const message = `the script '${name}' ${finding.problem}`;
  const hint = 'add the file to .archon/scripts, or write the program itself';
  issues.error({ code: 'SCRIPT_NOT_FOUND', path: [...path, 'script'], message, hint });
}

function checkRuntime({ path, body }: DraftNode, { missingRuntimes: missing, issues }: Check): void {
  if (body?.kind !== 'script' || !missing.has(body.runtime)) return;
  const message = `'${body.runtime}' is not on PATH here`;
  const hint = 'install it before the workflow is run';
  issues.warning({ code: 'RUNTIME_NOT_FOUND', path: [...path, 'runtime'], message, hint });
}

function checkSubrun({ path, body }: DraftNode, { names, issues }: Check): void {
  if (body?.kind !== 'workflow' || names.includes(body.target)) return;
  const nearest = nearestName(body.target, names);
  const message = `'workflow' names '${body.target}', which is no workflow`;
  const hint = nearest === null ? 'add it, or remove the node' : `did you mean '${nearest}'?`;
  issues.error({ code: 'SUBRUN_NOT_FOUND', path: [...path, 'workflow'], message, hint });
}

/** A file of MCP servers is named from the working path on. */
async function checkServers({ path, body }: DraftNode, { root, issues }: Check): Promise<void> {
  const name = settingOf(body, 'mcp');
  if (name === null) return;
  const problem = await problemOfServers(resolve(root, name));
  if (problem === null) return;
  const message = `the MCP servers '${name}' ${problem}`;
  const hint = 'name a JSON file with a map of servers, from the top of the repository on';
  issues.error({ code: 'MCP_UNUSABLE', path: [...path, 'mcp'], message, hint });
}

async function problemOfServers(file: string): Promise<string | null> {
  const reading = await readRegularFile(file);
  if (reading.kind === 'missing') return `are not there: ${file} is missing`;
  if (reading.kind === 'unreadable') return `cannot be read from ${file}: ${reading.reason}`;
  try {
    return isJsonObject(JSON.parse(new TextDecoder().decode(reading.bytes))) ? null : 'are no map of servers';
  } catch {
    return 'are no JSON';
  }
}

function checkModel({ path, body }: DraftNode, { config, issues }: Check): void {
  const model = settingOf(body, 'model');
  if (model === null || !model.startsWith('@')) return;
  const known = Object.keys(config.models.aliases);
  if (known.includes(model)) return;
  const nearest = nearestName(model, known);
  const message = `the model '${model}' is an alias that no config file declares`;
  const hint =
    nearest === null ? 'declare it under aliases in .archon/config.yaml' : `did you mean '${nearest}'?`;
  issues.error({ code: 'MODEL_UNKNOWN', path: [...path, 'model'], message, hint });
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

function settingOf(body: DraftNode['body'], key: string): string | null {
  if (body?.kind !== 'agent' && body?.kind !== 'loop') return null;
  const value = body.settings[key];
  return typeof value === 'string' ? value : null;
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
