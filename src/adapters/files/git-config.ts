/** Entries of git's configuration by `section.subsection.key`, in order; section and key in lower case. */
export type GitConfig = ReadonlyMap<string, readonly string[]>;

const SECTION = /^\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]\s*/;
const KEY = /^([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$/s;

/** A value without its quotes, escapes and comment. */
function unquote(raw: string): string {
  let value = '';
  let kept = 0;
  let isQuoted = false;
  for (let at = 0; at < raw.length; at += 1) {
    const char = raw.charAt(at);
    if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (char === '#' || char === ';')) break;
    else if (char === '\\') {
      at += 1;
      const escaped = raw.charAt(at);
      value += { n: '\n', t: '\t', b: '\b' }[escaped] ?? escaped;
    } else value += char;
    // White space at the end counts only when it was quoted.
    if (isQuoted || !/\s/.test(char)) kept = value.length;
  }
  return value.slice(0, kept);
}

/** Reads a file of git's configuration. Includes are not followed; what is malformed is passed over. */
export function parseGitConfig(text: string): GitConfig {
  const entries = new Map<string, string[]>();
  let section = '';
  for (const line of text.replaceAll(/\\\r?\n/g, '').split(/\r?\n/)) {
    let rest = line.trim();
    const heading = SECTION.exec(rest);
    if (heading !== null) {
      const [whole, name = '', subsection] = heading;
      section =
        name.toLowerCase() + (subsection === undefined ? '' : `.${subsection.replaceAll(/\\(.)/g, '$1')}`);
      rest = rest.slice(whole.length);
    }
    const [, key, raw] = KEY.exec(rest) ?? [];
    if (key === undefined) continue;
    const name = `${section}.${key.toLowerCase()}`;
    entries.set(name, [...(entries.get(name) ?? []), raw === undefined ? 'true' : unquote(raw)]);
  }
  return entries;
}

/** The remote that stands for the project: `origin`, else the only one; null: none. */
export function projectRemote(config: GitConfig): { readonly name: string; readonly url: string } | null {
  const remotes = [...config].flatMap(([name, [url]]) => {
    const remote = /^remote\.(.+)\.url$/s.exec(name)?.[1];
    return remote === undefined || url === undefined ? [] : [{ name: remote, url }];
  });
  return (
    remotes.find(({ name }) => name === 'origin') ?? (remotes.length === 1 ? (remotes[0] ?? null) : null)
  );
}
