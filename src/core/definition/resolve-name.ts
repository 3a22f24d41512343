import { nearestName } from '../nearest-name.js';

/** What a name given by a person means among the names that there are. */
export type NameResolution =
  | { readonly kind: 'found'; readonly name: string }
  /** Several fit equally well; in the order given. */
  | { readonly kind: 'ambiguous'; readonly candidates: readonly string[] }
  /** None fits. `nearest`: what may have been meant, or null. */
  | { readonly kind: 'notFound'; readonly nearest: string | null };

/** From strict to lax; the first that any name passes decides. */
const TIERS: readonly ((name: string, wanted: string) => boolean)[] = [
  (name, wanted) => name === wanted,
  (name, wanted) => name.toLowerCase() === wanted.toLowerCase(),
  (name, wanted) => name.toLowerCase().endsWith(`-${wanted.toLowerCase()}`),
  (name, wanted) => name.toLowerCase().includes(wanted.toLowerCase()),
];

/** Finds the workflow that a name means: exact, else whatever its case, else as `…-name`, else as a part. */
export function resolveWorkflowName(wanted: string, names: readonly string[]): NameResolution {
  const tier = wanted === '' ? undefined : TIERS.find((fits) => names.some((name) => fits(name, wanted)));
  if (tier === undefined) return { kind: 'notFound', nearest: nearestName(wanted, names) };
  const candidates = names.filter((name) => tier(name, wanted));
  const [first] = candidates;
  return candidates.length === 1 && first !== undefined
    ? { kind: 'found', name: first }
    : { kind: 'ambiguous', candidates };
}
