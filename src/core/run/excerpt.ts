/** The beginning of a text, without cutting a character in two: half a character is refused by databases. */
export function excerptOf(text: string, characters: number): string {
  return text.slice(0, characters).replace(/[\uD800-\uDBFF]$/, '');
}
