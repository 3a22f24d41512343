const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS;

const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * Reads `500ms`, `90s`, `10m`, `1h30m`, `2d`.
 * @returns whole milliseconds; null when the text is no duration or too long to count in
 */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed.length > 100 || !DURATION.test(trimmed)) return null;
  const parts = [...trimmed.matchAll(PART)];
  const ms = Math.round(
    parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit as Unit], 0),
  );
  return Number.isSafeInteger(ms) ? ms : null;
}

/** Shows a duration in two units at most: `850ms`, `4.2s`, `12m04s`, `3h05m`, `2d04h`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < UNITS.s) return `${whole}ms`;
  if (whole < 10 * UNITS.s) return `${(Math.floor(whole / 100) / 10).toFixed(1)}s`;
  if (whole < UNITS.m) return `${Math.floor(whole / UNITS.s)}s`;
  if (whole < UNITS.h) return inTwo(whole, 'm', 's');
  if (whole < UNITS.d) return inTwo(whole, 'h', 'm');
  return inTwo(whole, 'd', 'h');
}

function inTwo(ms: number, large: Unit, small: Unit): string {
  const rest = Math.floor((ms % UNITS[large]) / UNITS[small]);
  return `${Math.floor(ms / UNITS[large])}${large}${String(rest).padStart(2, '0')}${small}`;
}
