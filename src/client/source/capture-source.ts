import { createHash } from 'node:crypto';
import { join, relative, sep } from 'node:path';
import type { WorkflowDefinition } from '../../core/definition/definition.js';
import { resourcesOf, withResources } from '../../core/definition/resources.js';
import type { ProjectConfig } from '../../core/project-config/project-config.js';
import { manifestText, type CapturedSource } from '../../core/source/source-manifest.js';
import type { Catalogue } from '../discover.js';
import { findWorkflow } from '../pick-workflow.js';
import { captureFolder } from './capture-folder.js';
import { makeCommandFinder } from './find-command.js';
import { makeScriptFinder, type ScriptFolder } from './find-script.js';
import type { PackageFolder } from './list-workflows.js';
import { packagedScripts } from './packaged-scripts.js';

/** A definition, and the package whose commands it finds first; null: it lies in none. */
export interface PlacedDefinition {
  readonly definition: WorkflowDefinition;
  readonly package: PackageFolder | null;
}

/** Everything of other files that a definition needs, by content: what a run does though they change. */
export interface CapturedWorkflow {
  /** With the texts of its commands and the places of its scripts. */
  readonly definition: WorkflowDefinition;
  /** The workflows that it runs, and that those run, by name, likewise. */
  readonly library: Readonly<Record<string, WorkflowDefinition>>;
  /** The scripts folders that named scripts lie in; null: there are none. */
  readonly source: CapturedSource | null;
  /** What `source` is made of, by digest. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * What is missing stays a name: the node that needs it fails, and `validate` tells. Sub-runs have been found by then.
 * @throws RunError `SOURCE_UNREADABLE`
 */
export async function captureSource(
  catalogue: Searched,
  config: ProjectConfig,
  root: PlacedDefinition,
): Promise<CapturedWorkflow> {
  const targets = libraryOf(catalogue, root.definition);
  const filled = await Promise.all(
    [root, ...targets].map((placed) => fillIn({ ...placed, catalogue, config })),
  );
  const [own, ...others] = filled.map(({ definition }) => definition);
  const { source, texts } = await captureFolders(filled.flatMap(({ folders }) => folders));
  return {
    definition: own ?? root.definition,
    library: Object.fromEntries(others.map((definition) => [definition.name, definition])),
    source,
    texts,
  };
}

/** What of a catalogue is searched. */
type Searched = Pick<Catalogue, 'scopes' | 'workflows' | 'discovery' | 'files'>;

/** The workflows that a definition runs, and that those run; each once, itself too if it is among them. */
function libraryOf(catalogue: Searched, root: WorkflowDefinition): readonly PlacedDefinition[] {
  const found = new Map<string, PlacedDefinition>();
  const waiting = [root];
  for (const runs of waiting) {
    for (const target of resourcesOf(runs).workflows) {
      const placed = findWorkflow(catalogue, target);
      if (placed === null || found.has(placed.workflow.name)) continue;
      const { definition, package: pack } = placed;
      found.set(placed.workflow.name, { definition, package: pack });
      waiting.push(definition);
    }
  }
  return [...found.values()];
}

interface Filling extends PlacedDefinition {
  readonly catalogue: Searched;
  readonly config: ProjectConfig;
}

async function fillIn({ definition, package: pack, catalogue, config }: Filling): Promise<{
  readonly definition: WorkflowDefinition;
  /** Those that scripts were found in. */
  readonly folders: readonly ScriptFolder[];
}> {
  const { scopes } = catalogue;
  const names = resourcesOf(definition);
  const commandFinder = makeCommandFinder({ scopes, config, package: pack?.folder ?? null });
  const scriptFinder = makeScriptFinder(scopes);
  const commands = new Map<string, string>();
  const scripts = new Map<string, string>();
  const folders = packageFolders(catalogue, names.placedScripts);
  const workflows = new Map<string, string>();
  for (const target of names.workflows) {
    const meant = findWorkflow(catalogue, target);
    if (meant !== null) workflows.set(target, meant.workflow.name);
  }
  for (const name of names.commands) {
    const reading = await commandFinder.find(name);
    if (reading.kind === 'found') commands.set(name, reading.text);
  }
  for (const name of names.scripts) {
    const finding = await scriptFinder.find(name);
    if (finding.kind !== 'found') continue;
    const { file, from } = finding;
    scripts.set(name, `${from.capturedAs}/${relative(from.folder, file).split(sep).join('/')}`);
    folders.push(from);
  }
  return { definition: withResources(definition, { commands, scripts, workflows }), folders };
}

/** Those of packages that files lie in. */
function packageFolders({ files }: Searched, placed: readonly string[]): ScriptFolder[] {
  const packages = files.flatMap(({ file }) => file.package ?? []);
  return packages
    .map((pack) => ({ folder: join(pack.folder, 'scripts'), capturedAs: packagedScripts(pack) }))
    .filter(({ capturedAs }) => placed.some((file) => file.startsWith(`${capturedAs}/`)));
}

async function captureFolders(
  folders: readonly ScriptFolder[],
): Promise<Pick<CapturedWorkflow, 'source' | 'texts'>> {
  const distinct = new Map(folders.map((one) => [one.capturedAs, one.folder]));
  if (distinct.size === 0) return { source: null, texts: new Map() };
  const captured = await Promise.all(
    [...distinct].map(([capturedAs, folder]) => captureFolder(folder, capturedAs)),
  );
  const manifest = manifestText(captured.flatMap(({ files }) => files));
  const sha256 = createHash('sha256').update(manifest, 'utf8').digest('hex');
  return {
    source: {
      sha256,
      fileCount: captured.reduce((sum, { files }) => sum + files.length, 0),
      byteCount: captured.reduce((sum, { byteCount }) => sum + byteCount, 0),
    },
    texts: new Map([...captured.flatMap(({ texts }) => [...texts]), [sha256, manifest]]),
  };
}
