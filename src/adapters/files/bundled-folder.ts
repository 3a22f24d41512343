import { fileURLToPath } from 'node:url';

/** Where the workflows lie that signalbox brings along; absolute. */
export function bundledFolder(): string {
  return fileURLToPath(new URL('bundled', import.meta.url));
}
