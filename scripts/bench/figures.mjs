// Small statistics over samples in milliseconds.
const sorted = (samples) => [...samples].sort((a, b) => a - b);

export function quantile(samples, q) {
  const ordered = sorted(samples);
  return ordered[Math.min(ordered.length - 1, Math.floor(q * ordered.length))];
}

export const median = (samples) => quantile(samples, 0.5);

export const ms = (value) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;

/** `median [min, p95, max] of n`. */
export function spread(samples) {
  const ordered = sorted(samples);
  return `${ms(median(samples))} [${ms(ordered[0])}, ${ms(quantile(samples, 0.95))}, ${ms(ordered.at(-1))}] of ${samples.length}`;
}

export async function timed(work) {
  const begun = performance.now();
  const result = await work();
  return { elapsedMs: performance.now() - begun, result };
}
