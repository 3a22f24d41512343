import { formatReference, type Reference } from '../expression/reference.js';
import { nearestName } from '../nearest-name.js';
import type { DraftNode } from './draft.js';
import type { IssuePath } from './issue.js';
import type { Level } from './level.js';
import { propertiesOf } from './output-schema.js';
import type { IssueList } from './source-document.js';

/** What the texts of one node may refer to. */
export interface Names {
  /** The node's own list, and those around it; for `until_bash` of a group, its body. */
  readonly level: Level;
  readonly inputs: ReadonlySet<string>;
}

/** Tells a reference to a node, a field or an input that is not there. */
export function checkReference(reference: Reference, path: IssuePath, names: Names, issues: IssueList): void {
  if (reference.kind === 'input') {
    if (!names.inputs.has(reference.name))
      tellUnknown(reference, { what: 'input', known: () => [...names.inputs] }, path, issues);
    return;
  }
  const { level } = names;
  const isPrevious = reference.kind === 'previous';
  const node = isPrevious
    ? level.isBody
      ? level.own(reference.nodeId)
      : null
    : level.find(reference.nodeId);
  if (node === null) {
    const known = (): readonly string[] =>
      !isPrevious ? level.names() : level.isBody ? level.nodes.flatMap(({ id }) => id ?? []) : [];
    tellUnknown(reference, { what: isPrevious ? 'node of the body' : 'node', known }, path, issues);
  } else checkField(reference, node, path, issues);
}

function checkField(
  reference: Exclude<Reference, { readonly kind: 'input' }>,
  { id, extras }: DraftNode,
  path: IssuePath,
  issues: IssueList,
): void {
  const declared = propertiesOf(extras.outputFormat);
  const { field } = reference;
  if (field === null || declared === null || Object.hasOwn(declared, field)) return;
  const text = formatReference(reference);
  const names = Object.keys(declared);
  const message = `'${text}' names a field that 'output_format' of node '${id ?? ''}' does not declare: the node fails`;
  const hint = (): string => hintFor(field, 'field', names);
  issues.warning({ code: 'FIELD_UNDECLARED', path, message, hint, aim: { text: `.${field}` } });
}

function tellUnknown(
  reference: Reference,
  { what, known }: { readonly what: string; readonly known: () => readonly string[] },
  path: IssuePath,
  issues: IssueList,
): void {
  const text = formatReference(reference);
  const name = reference.kind === 'input' ? reference.name : reference.nodeId;
  issues.error({
    code: 'UNKNOWN_REFERENCE',
    path,
    message: `'${text}' names no ${what} of the workflow`,
    hint: () => hintFor(name, what, known()),
    aim: {
      text:
        reference.kind === 'input' ? text : text.slice(0, text.indexOf(`${name}.output`) + name.length + 1),
    },
  });
}

function hintFor(name: string, what: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== null) return `did you mean '${nearest}'?`;
  return known.length === 0 ? `there is no ${what}` : `there is ${known.slice(0, 10).join(', ')}`;
}
