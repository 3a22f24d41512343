import { evaluateCondition, type Atom, type Condition } from '../expression/condition.js';
import { toText } from '../expression/output.js';
import { findReferences, formatReference, type Reference } from '../expression/reference.js';
import type { NodeId } from '../ids.js';
import type { When } from './definition.js';
import type { DraftBinding, DraftNode } from './draft.js';
import { mapTexts } from './draft-texts.js';
import { isOneReference } from './read-bindings.js';

/** What a reference becomes: another one, a value that stands for it, or, null, itself. */
export type Rewrite = (reference: Reference, node: DraftNode) => Reference | DraftBinding | null;

/**
 * How many characters of texts and conditions may still be made. At 0 all are left as they are, which whoever
 * gives the budget has to tell.
 */
export interface TextBudget {
  left: number;
}

/** The same nodes, those of bodies included, with every reference rewritten, in one pass. */
export function rewriteNodes(
  nodes: readonly DraftNode[],
  rewrite: Rewrite,
  budget: TextBudget,
): readonly DraftNode[] {
  return nodes.map((node) => {
    const own = (reference: Reference) => rewrite(reference, node);
    const bare = mapTexts({ ...node, bindings: {} }, ({ text }) => rewriteText(text, own, budget));
    const { body } = bare;
    return {
      ...bare,
      when: rewriteWhen(node.when, own, budget),
      boundaries: node.boundaries.map((one) => ({ ...one, when: rewriteWhen(one.when, own, budget) })),
      bindings: rewriteBindings(node.bindings, own, budget),
      body: body?.kind === 'loop_group' ? { ...body, body: rewriteNodes(body.body, rewrite, budget) } : body,
    };
  });
}

/** Both conditions at once: each alternative of one with each of the other. */
export function both(outer: When | null, inner: When | null, budget: TextBudget): When | null {
  if (outer === null || inner === null) return outer ?? inner;
  budget.left -= outer.text.length * inner.condition.length + inner.text.length * outer.condition.length;
  if (budget.left <= 0) return outer;
  return toWhen(outer.condition.flatMap((a) => inner.condition.map((b) => [...a, ...b])));
}

type OwnRewrite = (reference: Reference) => ReturnType<Rewrite>;

function rewriteText(text: string, rewrite: OwnRewrite, budget: TextBudget): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, reference } of findReferences(text)) {
    const made = rewrite(reference);
    if (made === null || budget.left <= 0) continue;
    const shown = show(made);
    parts.push(text.slice(at, start), shown);
    budget.left -= shown.length;
    at = end;
  }
  budget.left -= text.length;
  return [...parts, text.slice(at)].join('');
}

function show(made: Reference | DraftBinding): string {
  if (made.kind === 'literal') return toText(made.value);
  return made.kind === 'text' ? made.text : formatReference(made);
}

/** A value that is one reference and nothing else becomes what that stands for, with its type. */
function rewriteBindings(
  bindings: DraftNode['bindings'],
  rewrite: OwnRewrite,
  budget: TextBudget,
): DraftNode['bindings'] {
  const entries = Object.entries(bindings).map(([name, binding]) => {
    if (binding.kind === 'literal') return [name, binding] as const;
    const [only] = isOneReference(binding.text) ? findReferences(binding.text) : [];
    const made = only === undefined ? null : rewrite(only.reference);
    if (made?.kind === 'literal' || made?.kind === 'text') return [name, made] as const;
    return [name, { ...binding, text: rewriteText(binding.text, rewrite, budget) }] as const;
  });
  return Object.fromEntries(entries);
}

function rewriteWhen(when: When | null, rewrite: OwnRewrite, budget: TextBudget): When | null {
  if (when === null || budget.left <= 0) return when;
  budget.left -= when.text.length;
  return toWhen(when.condition.map((group) => group.map((atom) => rewriteAtom(atom, rewrite))));
}

function rewriteAtom(atom: Atom, rewrite: OwnRewrite): Atom {
  const made = atom.kind === 'compare' ? rewrite(atom.left) : null;
  if (atom.kind !== 'compare' || made === null) return atom;
  if (made.kind === 'literal') return fixed(atom, toText(made.value));
  if (made.kind !== 'text') return { ...atom, left: made };
  const [token] = findReferences(made.text);
  if (token === undefined) return fixed(atom, made.text);
  if (isOneReference(made.text)) return { ...atom, left: token.reference };
  return { kind: 'unreadable', text: formatAtom(atom), problem: 'the input mixes text and references' };
}

/** The comparison of an input whose value is known. */
function fixed(atom: Atom & { readonly kind: 'compare' }, value: string): Atom {
  const input: Reference = { kind: 'input', name: 'value' };
  const scope = { variables: {}, inputs: { value }, nodes: {} as Record<NodeId, never> };
  const verdict = evaluateCondition([[{ ...atom, left: input }]], scope);
  const text = formatAtom(atom);
  if (verdict.kind === 'unreadable') return { kind: 'unreadable', text, problem: verdict.problem };
  return { kind: 'constant', isTrue: verdict.kind === 'true', text };
}

function toWhen(condition: Condition): When {
  const text = condition.map((group) => group.map(formatAtom).join(' && ')).join(' || ');
  return { text, condition };
}

function formatAtom(atom: Atom): string {
  return atom.kind === 'compare'
    ? `${formatReference(atom.left)} ${atom.operator} '${atom.right}'`
    : atom.text;
}
