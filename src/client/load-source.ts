import { parseWorkflow } from '../core/definition/compile.js';
import type { Issue } from '../core/definition/issue.js';
import type { TextSource } from '../core/definition/read-yaml.js';
import type { ProjectConfig } from '../core/project-config/project-config.js';
import type { Catalogue } from './discover.js';
import { pickWorkflow } from './pick-workflow.js';
import { captureSource, type CapturedWorkflow, type PlacedDefinition } from './source/capture-source.js';
import { faultsOfSubruns, subrunFaults } from './source/subrun-faults.js';

/** Everything that files say of a run: what it was at this moment, whatever becomes of them. */
export interface RunSource extends CapturedWorkflow {
  readonly config: ProjectConfig;
  /** Of the definition and of the config. */
  readonly warnings: readonly Issue[];
}

export type LoadedSource =
  | { readonly kind: 'loaded'; readonly source: RunSource }
  /** At least one error, of the definition, of a sub-run or of a config file. */
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/**
 * The workflow that a name means, with all that it needs of files.
 * @throws RunError `WORKFLOW_NOT_FOUND` · `WORKFLOW_AMBIGUOUS` · `SOURCE_UNREADABLE`
 */
export async function loadSource(catalogue: Catalogue, name: string): Promise<LoadedSource> {
  const picked = pickWorkflow(catalogue, name);
  if (picked.kind === 'refused') return { kind: 'refused', issues: picked.issues };
  return withFiles(catalogue, picked, {
    warnings: picked.workflow.warnings,
    faults: faultsOfSubruns(catalogue, picked),
  });
}

/** The same for the text of a workflow. @throws RunError `SOURCE_UNREADABLE` */
export async function loadText(catalogue: Catalogue, text: TextSource): Promise<LoadedSource> {
  const compiled = catalogue.compile(text);
  if (compiled.kind === 'refused') return compiled;
  const { definition, warnings } = compiled;
  const faults = subrunFaults(catalogue, { parsed: parseWorkflow(text), definition, scope: null });
  return withFiles(catalogue, { definition, package: null }, { warnings, faults });
}

async function withFiles(
  catalogue: Catalogue,
  placed: PlacedDefinition,
  { warnings, faults }: Readonly<Record<'warnings' | 'faults', readonly Issue[]>>,
): Promise<LoadedSource> {
  const { config } = catalogue;
  if (config.kind === 'refused') return { kind: 'refused', issues: config.issues };
  if (faults.length > 0) return { kind: 'refused', issues: faults };
  const captured = await captureSource(catalogue, config.config, placed);
  return {
    kind: 'loaded',
    source: { ...captured, config: config.config, warnings: [...config.warnings, ...warnings] },
  };
}
