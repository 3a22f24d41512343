import { describe, expect, it } from 'vitest';
import { rememberingParse } from '../../../src/client/source/parse-memory.js';
import { parseWorkflow } from '../../../src/core/definition/compile.js';

const named = (name: string): Uint8Array =>
  Buffer.from(`name: ${name}\ndescription: d\nnodes: [{ id: a, bash: 'true' }]\n`);

function counted(mostBytes?: number) {
  const files: string[] = [];
  const parse = rememberingParse((source) => {
    files.push(source.file);
    return parseWorkflow(source);
  }, mostBytes);
  return { files, parse };
}

describe('a reader that remembers', () => {
  it('parses a file again only when its text has changed', () => {
    const { files, parse } = counted();
    const first = parse({ file: '/a.yaml', text: named('one') });
    expect(parse({ file: '/a.yaml', text: named('one') })).toBe(first);
    expect(parse({ file: '/a.yaml', text: named('two') }).name).toBe('two');
    expect(parse({ file: '/a.yaml', text: named('one') }).name).toBe('one');
    expect(files).toHaveLength(3);
  });

  it('keeps files of one text apart, since what is wrong with each names it', () => {
    const { parse } = counted();
    const text = Buffer.from('name: a\ndescription: d\nnodes: []\n');
    const fileOf = (file: string) => parse({ file, text }).issues.told()[0]?.file;
    expect([fileOf('/a.yaml'), fileOf('/b.yaml')]).toEqual(['/a.yaml', '/b.yaml']);
  });

  it('forgets what was used longest ago when it holds too much', () => {
    const { files, parse } = counted(2 * named('one').length);
    for (const name of ['one', 'two', 'one', 'six', 'one', 'two']) parse({ file: name, text: named(name) });
    expect(files).toEqual(['one', 'two', 'six', 'two']);
  });

  it('reads what is larger than all that it may hold, and holds nothing of it', () => {
    const { files, parse } = counted(10);
    for (const name of ['one', 'one']) expect(parse({ file: name, text: named(name) }).name).toBe('one');
    expect(files).toHaveLength(2);
  });
});
