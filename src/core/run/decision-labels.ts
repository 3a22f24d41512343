import { excerptOf } from './excerpt.js';
import type { Looper } from './turns.js';

/** What decisions are called on screen, by their id. */
export type DecisionLabels = Readonly<Record<string, string>>;

/** They stand in histories and rows. */
const LABEL_CHARACTERS = 200;

/** Of a gate whose decisions have labels; else nothing. */
export function labelsAt(node: Looper): { readonly labels?: DecisionLabels } {
  if (node.kind !== 'approval') return {};
  const labelled = (node.decisions ?? []).flatMap(({ id, label }) =>
    label === null || label.trim() === '' ? [] : [[id, excerptOf(label, LABEL_CHARACTERS)] as const],
  );
  return labelled.length === 0 ? {} : { labels: Object.fromEntries(labelled) };
}

/** Labels that somebody else has told; nothing if they are malformed. */
export function readLabels(value: unknown): { readonly labels?: DecisionLabels } {
  if (typeof value !== 'object' || value === null) return {};
  const labels = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return labels.length === 0
    ? {}
    : { labels: Object.fromEntries(labels.map(([id, label]) => [id, excerptOf(label, LABEL_CHARACTERS)])) };
}

interface Choices {
  readonly decisions: readonly string[];
  readonly labels?: DecisionLabels;
}

/** Null: the decision has none. */
export function labelOf({ labels = {} }: Pick<Choices, 'labels'>, decision: string): string | null {
  return Object.hasOwn(labels, decision) ? (labels[decision] ?? null) : null;
}

/** `approve, later "Next week", reject` */
export function namedChoices(choices: Choices): string {
  return choices.decisions
    .map((decision) => {
      const label = labelOf(choices, decision);
      return label === null ? decision : `${decision} ${JSON.stringify(label)}`;
    })
    .join(', ');
}
