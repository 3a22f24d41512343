import type { Finding } from '../context.js';

/** What a check saw. */
export type Seen = Omit<Finding, 'name'>;

/** One thing to look at. A check that throws has found a fault. */
export interface Check {
  readonly name: string;
  readonly look: () => Promise<Seen>;
}

export function ok(text: string): Seen {
  return { verdict: 'ok', text, advice: null };
}
