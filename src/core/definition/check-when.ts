import { conditionReferences } from '../expression/condition.js';
import { findReferences, formatReference, type Reference } from '../expression/reference.js';
import { checkReference, type Names } from './check-reference.js';
import type { DraftNode } from './draft.js';
import type { IssuePath } from './issue.js';
import type { IssueList } from './source-document.js';

/** Tells what of a condition cannot be read, leads nowhere, or compares what no text can be relied on to be. */
export function checkWhen({ when, path }: DraftNode, names: Names, issues: IssueList): void {
  if (when === null) return;
  const at = [...path, 'when'];
  for (const reference of conditionReferences(when.condition)) {
    checkReference(reference, at, names, issues);
    if (reference.kind === 'node') checkProse(reference, names.level.find(reference.nodeId), at, issues);
  }
  for (const atom of when.condition.flat()) {
    if (atom.kind !== 'unreadable') continue;
    for (const { reference } of findReferences(atom.text)) checkReference(reference, at, names, issues);
    const message = `'when' cannot be read at '${atom.text}': ${atom.problem}`;
    const hint = 'where this part decides, the node is skipped; mend it';
    issues.warning({ code: 'CONDITION_UNREADABLE', path: at, message, hint, aim: { text: atom.text } });
  }
}

/**
 * Tells a comparison of all that an agent or a loop wrote, which never is one word.
 * @param node the one that is referred to, or the result of the include that is
 */
export function checkProse(
  reference: Reference & { readonly kind: 'node' },
  node: DraftNode | null,
  path: IssuePath,
  issues: IssueList,
): void {
  const kind = node?.body?.kind;
  const isAgent = kind === 'agent' || kind === 'loop';
  const isProse = kind === 'loop_group' || (isAgent && node?.extras.outputFormat === undefined);
  if (!isProse || reference.field !== null) return;
  const text = formatReference(reference);
  const message = `'when' compares '${text}', which is all that ${isAgent ? 'an agent' : 'a loop'} wrote`;
  const hint = isAgent
    ? `declare output_format on '${reference.nodeId}', and compare ${text}.field`
    : `let a bash node reduce it to one word, and compare that`;
  issues.error({ code: 'CONDITION_ON_PROSE', path, message, hint, aim: { text } });
}
