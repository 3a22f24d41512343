/** What may follow a signal that stands at the end of a text. */
const TRAILING = /^[\s.,;:!?]*$/;
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/**
 * Whether a text gives the signal: in a tag of any name (in any case), at its very end, or alone on a line.
 */
export function givesSignal(text: string, signal: string): boolean {
  return tagged(signal, 'i').test(text) || endsWith(text, signal) || standsAlone(text, signal);
}

/** The text without the signal's tags, and without what stands in `<promise>` tags. */
export function withoutSignal(text: string, signal: string): string {
  const left = withoutPromises(text).replace(tagged(signal, 'gi'), '');
  return left === text ? text : left.trim();
}

function tagged(signal: string, flags: string): RegExp {
  const literal = signal.replace(SPECIAL, String.raw`\$&`);
  return new RegExp(String.raw`<([a-z][\w-]*)>\s*${literal}\s*</\1>`, flags);
}

function endsWith(text: string, signal: string): boolean {
  const at = text.lastIndexOf(signal);
  return at >= 0 && TRAILING.test(text.slice(at + signal.length));
}

function standsAlone(text: string, signal: string): boolean {
  return text.split('\n').some((line) => line.trim() === signal);
}

/** The text without what stands in `<promise>` tags; by steps, because one pattern could take quadratic time. */
export function withoutPromises(text: string): string {
  const [first = '', ...others] = text.split(/<promise>/i);
  const rest = others.map((part) => {
    const end = part.search(/<\/promise>/i);
    return end < 0 ? `<promise>${part}` : part.slice(end + '</promise>'.length);
  });
  return [first, ...rest].join('');
}
