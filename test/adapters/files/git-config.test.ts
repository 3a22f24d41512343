import { describe, expect, it } from 'vitest';
import { parseGitConfig, projectRemote } from '../../../src/adapters/files/git-config.js';

describe('git configuration', () => {
  it.each<[string, string, string]>([
    ['a plain entry', '[core]\n\tbare = false', 'core.bare=false'],
    ['section and key in any case', '[CORE]\nBare=false', 'core.bare=false'],
    ['a subsection, its case kept', '[remote "Up \\"x\\" \\\\y"]\nurl = u', 'remote.Up "x" \\y.url=u'],
    ['a subsection of the old form', '[branch.main]\nremote = o', 'branch.main.remote=o'],
    ['an entry on the line of its section', '[a] b = c', 'a.b=c'],
    ['an entry without value', '[a]\nb', 'a.b=true'],
    ['an empty value', '[a]\nb =', 'a.b='],
    ['comments', '# x\n[a] ; y\nb = c # d\n; e = f', 'a.b=c'],
    ['quotes', '[a]\nb = " c # " d', 'a.b= c #  d'],
    ['escapes', '[a]\nb = c\\td\\\\e\\"f', 'a.b=c\td\\e"f'],
    ['a continued line', '[a]\nb = c \\\nd', 'a.b=c d'],
    ['Windows line ends', '[a]\r\nb = c\r\n', 'a.b=c'],
    ['nonsense around it', '[\n???\n[a]\n= x\nb = c', 'a.b=c'],
  ])('reads %s', (_, text, entry) => {
    expect([...parseGitConfig(text)].map(([name, values]) => `${name}=${values.join()}`)).toEqual([entry]);
  });

  it('keeps all values of a name, in order', () => {
    expect(parseGitConfig('[a]\nb = 1\n[c]\n[a]\nb = 2').get('a.b')).toEqual(['1', '2']);
  });

  it.each<[string, Record<string, string>, string | null]>([
    ['origin, whatever else there is', { upstream: 'u', origin: 'o' }, 'origin'],
    ['the only remote', { upstream: 'u' }, 'upstream'],
    ['none of several others', { upstream: 'u', fork: 'f' }, null],
    ['none', {}, null],
  ])('takes for the project’s remote: %s', (_, remotes, name) => {
    const text = Object.entries(remotes).map(([remote, url]) => `[remote "${remote}"]\nurl = ${url}\n`);
    expect(projectRemote(parseGitConfig(text.join('')))?.name ?? null).toBe(name);
  });
});
