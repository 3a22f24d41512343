import type { DraftNode, DraftWorkflow } from './draft.js';
import type { Issue } from './issue.js';
import { hasRequiredBoolean } from './output-schema.js';
import type { IssueList } from './source-document.js';

/**
 * Tells a result that the workflow cannot have.
 * @param returned the node that `returns` means, once includes are expanded; null: there is none
 */
export function checkResults(
  { returns, outcomeField }: DraftWorkflow,
  returned: DraftNode | null,
  issues: IssueList,
): void {
  if (returns !== null && returned === null) {
    const message = `'returns' names '${returns}', which is no node of the workflow`;
    const hint = 'name a node that is not inside a loop_group';
    issues.error({ code: 'UNKNOWN_REFERENCE', path: ['returns'], message, hint });
  }
  if (outcomeField === null) return;
  const problem = problemOf(outcomeField, returns, returned);
  if (problem !== null) issues.error({ path: ['outcome_field'], ...problem });
}

function problemOf(
  field: string,
  returns: string | null,
  returned: DraftNode | null,
): Pick<Issue, 'code' | 'message' | 'hint'> | null {
  if (returns === null) {
    const message = "'outcome_field' needs 'returns'";
    return { code: 'KEY_MISSING', message, hint: 'add returns: the node that has this field' };
  }
  if (returned === null) return null;
  const { body, extras } = returned;
  const isList = body?.kind === 'workflow' && body.fanOut !== null;
  if (body?.kind !== 'loop_group' && !isList && hasRequiredBoolean(extras.outputFormat, field)) return null;
  const message = `'outcome_field' names '${field}', which 'output_format' of '${returns}' does not require as a boolean`;
  const hint = `declare it there: type: object, properties: {${field}: {type: boolean}}, required: [${field}]`;
  return { code: 'FIELD_NOT_BOOLEAN', message, hint };
}
