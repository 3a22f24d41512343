import { nodesOf } from '../../client/source/included-commands.js';
import type { ParsedFile } from '../../client/source/parse-files.js';
import type { Issue, IssuePath } from '../../core/definition/issue.js';
import { ERROR_CODES } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { CommandResult } from '../context.js';
import { issueJson, renderIssues } from '../render/issues.js';
import { oneLine, plural } from '../render/text.js';

/** What is to be said of one file. */
export interface Verdict {
  readonly name: string;
  readonly file: string;
  readonly issues: readonly Issue[];
  /** Null: it could not be read, or is no workflow. */
  readonly parsed: ParsedFile | null;
}

interface Validation {
  readonly what: 'workflow' | 'command';
  readonly verdicts: readonly Verdict[];
  /** What is wrong with config files. */
  readonly config: readonly Issue[];
}

const hasErrors = (issues: readonly Issue[]): boolean => issues.some(({ severity }) => severity === 'error');

/** All verdicts as one answer: a line for each, its issues below. */
export function validation({ what, verdicts, config }: Validation): CommandResult {
  const broken = verdicts.filter(({ issues }) => hasErrors(issues)).length;
  const isRefused = broken > 0 || hasErrors(config);
  const summary = {
    total: verdicts.length,
    valid: verdicts.length - broken,
    errors: broken,
    warnings: verdicts.filter(({ issues }) => issues.some(({ severity }) => severity === 'warning')).length,
  };
  const noun = what === 'workflow' ? 'definition' : 'command';
  const message = broken > 0 ? `${plural(broken, noun)} refused` : 'the config is refused';
  return {
    exitCode: isRefused ? ERROR_CODES.DEFINITION_INVALID.exitCode : 0,
    json: {
      results: verdicts.map((verdict) => verdictJson(what, verdict)),
      config: { valid: !hasErrors(config), issues: config.map((issue) => levelled(issue)) },
      summary,
      ...(isRefused ? { error: { code: 'DEFINITION_INVALID', message } } : {}),
    },
    text: [
      ...verdicts.map(renderVerdict),
      ...(config.length === 0 ? [] : [renderHead('config', config, ''), renderIssues(config)]),
      `${summary.valid} valid, ${summary.errors} with errors, ${summary.warnings} with warnings`,
    ].join('\n'),
  };
}

function renderHead(name: string, issues: readonly Issue[], file: string): string {
  const word = hasErrors(issues) ? 'ERRORS' : issues.length > 0 ? 'WARNINGS' : 'ok';
  return `${oneLine(name).padEnd(40)} ${word.padEnd(8)} ${oneLine(file, 1000)}`.trimEnd();
}

function renderVerdict({ name, file, issues }: Verdict): string {
  const head = renderHead(name, issues, file);
  return issues.length === 0 ? head : `${head}\n${renderIssues(issues)}`;
}

/** With Archon's names beside ours: `workflowName`, and of each issue `level`, `nodeId` and `field`. */
function verdictJson(what: Validation['what'], { name, file, issues, parsed }: Verdict): JsonObject {
  return {
    [what]: name,
    [`${what}Name`]: name,
    file,
    valid: !hasErrors(issues),
    issues: issues.map((issue) => ({ ...levelled(issue), ...whereOf(issue.path, parsed) })),
  };
}

const levelled = (issue: Issue): JsonObject => ({ level: issue.severity, ...issueJson(issue) });

/** The node that an issue is about, and the key in it. */
function whereOf(path: IssuePath, parsed: ParsedFile | null): JsonObject {
  const around = (parsed === null ? [] : nodesOf(parsed)).filter((node) =>
    node.path.every((key, index) => path[index] === key),
  );
  const node = around.toSorted((a, b) => b.path.length - a.path.length)[0];
  const field = path.slice(node?.path.length ?? 0).join('.');
  const id = node?.id ?? null;
  return { ...(id === null ? {} : { nodeId: id }), field };
}
