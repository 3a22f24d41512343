import type { Logger } from '../src/ports/logger.js';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** One line of JSON: fields, never arguments or outputs of nodes. */
export function logLine(
  level: string,
  message: string,
  fields: Readonly<Record<string, unknown>>,
  now: Date,
): string {
  const { error, ...rest } = fields;
  const cause = error instanceof Error ? { error: error.message } : {};
  const line = { time: now.toISOString(), level: level.toUpperCase(), message, ...rest, ...cause };
  return `${JSON.stringify(line)}\n`;
}

/** A logger that writes what is of a level or graver. */
export function makeLineLogger(least: LogLevel, write: (line: string) => void): Logger {
  const at =
    (level: LogLevel): Logger['info'] =>
    (fields, message) => {
      if (LEVELS.indexOf(level) >= LEVELS.indexOf(least)) write(logLine(level, message, fields, new Date()));
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}
