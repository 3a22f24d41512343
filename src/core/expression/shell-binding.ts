const ANSI_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\n': '\\n' };

/** bash reads a literal in time proportional to its length times its single quotes; this much takes about 50 ms. */
const DEAREST_LITERAL = 1e9;

/** One word of shell text that stands for exactly this text. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * Shell text, to stand in front of a script, that gives a variable exactly this text. It is one line, so that the
 * line numbers of the script stay what they are, but for a long text full of quotes.
 */
export function bindVariable(name: string, text: string): string {
  const quotes = text.split("'").length - 1;
  return quotes * text.length <= DEAREST_LITERAL
    ? `${name}=${ansiQuote(text)}; `
    : bindByDocument(name, text);
}

function ansiQuote(text: string): string {
  return `$'${text.replaceAll(/[\\'\n]/g, (char) => ANSI_ESCAPES[char] ?? char)}'`;
}

/** A here-document is read in linear time. It ends with a line of its own, so the last line break is taken off. */
function bindByDocument(name: string, text: string): string {
  const taken = new Set(text.match(/^__signalbox_end_\d+$/gm));
  let count = 1;
  while (taken.has(`__signalbox_end_${count}`)) count += 1;
  const end = `__signalbox_end_${count}`;
  return `IFS= read -r -d '' ${name} <<'${end}'\n${text}\n${end}\n${name}=\${${name}%?}; `;
}
