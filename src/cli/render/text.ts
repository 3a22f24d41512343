import { formatDuration } from '../../core/duration.js';

/** Time from an ISO-8601 instant to now; `?` for what is no instant. */
export function elapsedSince(instant: string | null, now: Date): string {
  const start = instant === null ? Number.NaN : Date.parse(instant);
  return Number.isNaN(start) ? '?' : formatDuration(now.getTime() - start);
}

/** `2026-11-22 09:02:11 UTC`. */
export function utc(instant: string): string {
  return `${instant.slice(0, 19).replace('T', ' ')} UTC`;
}

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/** One line of somebody else's words, which may not move the cursor or forge a line. */
export function oneLine(text: string, longest = 200): string {
  const line = text.replace(CONTROL, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL_BUT_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Several lines of somebody else's words, each behind `margin`. */
export function indented(text: string, margin: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(CONTROL_BUT_LINES, ' ')
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => margin + line)
    .join('\n');
}

/** An argument as it must be typed in a POSIX shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Rows under each other, columns two spaces apart, the last one ragged. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((known, row) => {
    row.forEach((cell, column) => (known[column] = Math.max(known[column] ?? 0, cell.length)));
    return known;
  }, []);
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
