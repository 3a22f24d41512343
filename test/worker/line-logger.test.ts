import { describe, expect, it } from 'vitest';
import { logLine, makeLineLogger, type LogLevel } from '../../worker/line-logger.js';

describe('the log of a worker', () => {
  it.each<[LogLevel, readonly string[]]>([
    ['debug', ['INFO', 'WARN', 'ERROR']],
    ['info', ['INFO', 'WARN', 'ERROR']],
    ['warn', ['WARN', 'ERROR']],
    ['error', ['ERROR']],
  ])('at level %s has what is as grave, and nothing less', (least, levels) => {
    const lines: string[] = [];
    const logger = makeLineLogger(least, (line) => lines.push(line));
    logger.info({}, 'a');
    logger.warn({}, 'b');
    logger.error({}, 'c');
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(levels);
  });

  it('has one object per line, with the message of an error and nothing else of it', () => {
    const fields = { runId: 'r', error: new Error('no\nway') };
    const line = logLine('warn', 'a table is away', fields, new Date('2026-11-22T09:00:00Z'));
    expect(line).toBe(
      '{"time":"2026-11-22T09:00:00.000Z","level":"WARN","message":"a table is away","runId":"r","error":"no\\nway"}\n',
    );
  });
});
