// node hold-lock.mjs <compiled source> <directory>: takes the lock, and keeps it for as long as it lives.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [compiled, directory] = process.argv.slice(2);
const { acquireLock } = await import(pathToFileURL(join(compiled, 'src/adapters/stack/life-lock.js')).href);
await acquireLock(directory);
setInterval(() => undefined, 60_000);
