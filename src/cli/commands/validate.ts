import type { Catalogue } from '../../client/discover.js';
import { pickWorkflow } from '../../client/pick-workflow.js';
import type { Issue } from '../../core/definition/issue.js';
import { ERROR_CODES } from '../../core/errors.js';
import type { Command } from '../context.js';
import { issueJson, renderIssues } from '../render/issues.js';
import { oneLine, plural } from '../render/text.js';
import { placeOf, type PlaceOptions } from './place.js';

export interface ValidateArguments extends PlaceOptions {
  /** Absent: every workflow. */
  readonly name?: string;
}

interface Verdict {
  readonly name: string;
  readonly file: string;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
}

/** Checks definitions, and tells every issue of each. */
export function validate(args: ValidateArguments): Command {
  return async ({ services, caller }) => {
    const catalogue = await services.catalogue(placeOf(caller, args));
    const verdicts = args.name === undefined ? verdictsOn(catalogue) : [verdictOn(catalogue, args.name)];
    const broken = verdicts.filter((verdict) => verdict.errors.length > 0).length;
    const summary = {
      total: verdicts.length,
      valid: verdicts.length - broken,
      errors: broken,
      warnings: verdicts.filter((verdict) => verdict.warnings.length > 0).length,
    };
    const results = verdicts.map(verdictJson);
    return {
      exitCode: broken === 0 ? 0 : ERROR_CODES.DEFINITION_INVALID.exitCode,
      json: {
        results,
        summary,
        ...(broken === 0
          ? {}
          : { error: { code: 'DEFINITION_INVALID', message: `${plural(broken, 'definition')} refused` } }),
      },
      text: [
        ...verdicts.map(renderVerdict),
        `${summary.valid} valid, ${summary.errors} with errors, ${summary.warnings} with warnings`,
      ].join('\n'),
    };
  };
}

function verdictsOn({ workflows, discovery }: Catalogue): readonly Verdict[] {
  const broken = discovery.errors.map(({ file, issues }) => ({
    name: nameOfFile(file),
    file,
    errors: issues,
    warnings: [],
  }));
  const usable = workflows.map(({ workflow: { name, file, warnings } }) => ({
    name,
    file,
    errors: [],
    warnings,
  }));
  return [...usable, ...broken];
}

function verdictOn(catalogue: Catalogue, name: string): Verdict {
  const found = pickWorkflow(catalogue, name);
  if (found.kind === 'refused') return { name, file: found.file, errors: found.issues, warnings: [] };
  const { workflow } = found;
  return { name: workflow.name, file: workflow.file, errors: [], warnings: workflow.warnings };
}

const nameOfFile = (file: string): string => file.slice(file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');

function renderVerdict({ name, file, errors, warnings }: Verdict): string {
  const word = errors.length > 0 ? 'ERRORS' : warnings.length > 0 ? 'WARNINGS' : 'ok';
  const head = `${oneLine(name).padEnd(40)} ${word.padEnd(8)} ${oneLine(file, 1000)}`;
  const issues = [...errors, ...warnings];
  return issues.length === 0 ? head : `${head}\n${renderIssues(issues)}`;
}

function verdictJson({ name, file, errors, warnings }: Verdict): {
  readonly [key: string]: string | boolean | ReturnType<typeof issueJson>[];
} {
  const issues = [
    ...errors.map((issue) => ({ level: 'error', ...issueJson(issue) })),
    ...warnings.map((issue) => ({ level: 'warning', ...issueJson(issue) })),
  ];
  return { workflow: name, file, valid: errors.length === 0, issues };
}
