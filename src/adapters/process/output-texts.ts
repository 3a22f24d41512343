import type { OutputTexts } from '../../ports/output-texts.js';
import { loadScope } from './load-scope.js';
import { loadText } from './text-files.js';

/** Texts of this host. A file whose digest is another than it was counts as none. */
export function makeOutputTexts(): OutputTexts {
  return {
    read: (text, whose) => (text.kind === 'inline' ? Promise.resolve(text.text) : loadText(text, whose)),
    load: loadScope,
  };
}
