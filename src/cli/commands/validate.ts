import type { Catalogue, UsableWorkflow } from '../../client/discover.js';
import type { BrokenWorkflow } from '../../client/orchestrator.js';
import { pickWorkflow } from '../../client/pick-workflow.js';
import { checkFile, type Surroundings } from '../../client/source/check-files.js';
import type { ParsedFile } from '../../client/source/parse-files.js';
import type { Issue } from '../../core/definition/issue.js';
import type { Caller, Command } from '../context.js';
import { placeOf, type PlaceOptions } from './place.js';
import { validation, type Verdict } from './validation.js';

export interface ValidateArguments extends PlaceOptions {
  /** Absent: every workflow. */
  readonly name?: string;
}

/** Checks definitions, the files that they need, and the config; tells every issue of each. */
export function validate(args: ValidateArguments): Command {
  return async ({ services, caller }) => {
    const catalogue = await services.catalogue(placeOf(caller, args));
    const around = surroundingsOf(caller);
    const verdicts =
      args.name === undefined
        ? await verdictsOn(catalogue, around)
        : [await verdictOn(catalogue, args.name, around)];
    return validation({ what: 'workflow', verdicts, config: configIssues(catalogue) });
  };
}

export function surroundingsOf({ environment }: Pick<Caller, 'environment'>): Surroundings {
  const home = environment['HOME'] ?? null;
  return {
    searchPath: environment['PATH'] ?? '',
    home,
    claudeHome: environment['CLAUDE_CONFIG_DIR'] ?? (home === null ? null : `${home}/.claude`),
  };
}

export const configIssues = ({ config }: Catalogue): readonly Issue[] =>
  config.kind === 'refused' ? config.issues : config.warnings;

async function verdictsOn(catalogue: Catalogue, around: Surroundings): Promise<readonly Verdict[]> {
  const { workflows, discovery } = catalogue;
  return Promise.all([
    ...workflows.map((one) => usableVerdict(catalogue, one, around)),
    ...discovery.errors.map((one) => brokenVerdict(catalogue, one, around)),
  ]);
}

async function verdictOn(catalogue: Catalogue, name: string, around: Surroundings): Promise<Verdict> {
  const found = pickWorkflow(catalogue, name);
  return found.kind === 'usable'
    ? usableVerdict(catalogue, found, around)
    : { ...(await brokenVerdict(catalogue, found, around)), name };
}

async function usableVerdict(
  catalogue: Catalogue,
  { workflow: { name, file, warnings } }: UsableWorkflow,
  around: Surroundings,
): Promise<Verdict> {
  return { name, file, ...(await withFiles(catalogue, file, { issues: warnings, around })) };
}

async function brokenVerdict(
  catalogue: Catalogue,
  { file, issues }: Pick<BrokenWorkflow, 'file' | 'issues'>,
  around: Surroundings,
): Promise<Verdict> {
  return { name: nameOfFile(file), file, ...(await withFiles(catalogue, file, { issues, around })) };
}

async function withFiles(
  catalogue: Catalogue,
  file: string,
  { issues, around }: { readonly issues: readonly Issue[]; readonly around: Surroundings },
): Promise<{ readonly issues: readonly Issue[]; readonly parsed: ParsedFile | null }> {
  const parsed = catalogue.files.find((one) => one.file.file === file) ?? null;
  const more = parsed === null ? [] : await checkFile(catalogue, parsed, around);
  return { issues: [...issues, ...more].toSorted((a, b) => a.line - b.line || a.column - b.column), parsed };
}

const nameOfFile = (file: string): string => file.slice(file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');
