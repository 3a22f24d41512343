import type { BrokenWorkflow } from '../../client/orchestrator.js';
import { formatIssue, type Issue } from '../../core/definition/issue.js';
import { ERROR_CODES } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { CommandResult } from '../context.js';
import { indented, oneLine, plural } from './text.js';

/** One line per issue, indented: place, severity, code, what was met, what to do. */
export function renderIssues(issues: readonly Issue[]): string {
  return issues.map((issue) => indented(formatIssue(issue), '  ')).join('\n');
}

export function issueJson(issue: Issue): JsonObject {
  const { severity, code, message, hint, file, line, column } = issue;
  return { severity, code, message, hint, path: [...issue.path], file, line, column };
}

export function renderBroken({ issues }: BrokenWorkflow): string {
  return renderIssues(issues);
}

export function brokenJson({ file, errorType, issues }: BrokenWorkflow): JsonObject {
  const error = issues.map((issue) => issue.message).join('; ');
  return { file, errorType, error, issues: issues.map(issueJson) };
}

/** A definition that may not run: every issue of it, at once. @param facts the fields of every answer about a run */
export function definitionRefused(name: string, issues: readonly Issue[], facts: JsonObject): CommandResult {
  const errors = issues.filter((issue) => issue.severity === 'error').length;
  const message = `workflow ${oneLine(name)} is refused: ${plural(errors, 'error')}`;
  return {
    exitCode: ERROR_CODES.DEFINITION_INVALID.exitCode,
    json: { ...facts, error: { code: 'DEFINITION_INVALID', message }, issues: issues.map(issueJson) },
    text: '',
    errorText: `${renderIssues(issues)}\n✖ ${message} (DEFINITION_INVALID)`,
  };
}
