// node fake-worker.mjs <compiled source> <file with the options as JSON>
// Does what a worker must: finds the endpoints, says that it is ready, ends on SIGTERM and without a supervisor.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [compiled, optionsFile] = process.argv.slice(2);
const { createStack } = await import(pathToFileURL(join(compiled, 'src/adapters/stack/stack.js')).href);
const options = JSON.parse(readFileSync(optionsFile, 'utf8'));
const endpoints = await createStack(options).endpoints();
appendFileSync(join(options.home, 'worker-endpoints'), `${JSON.stringify(endpoints)}\n`);
process.on('SIGTERM', () => {
  appendFileSync(join(options.home, 'worker-drained'), 'drained\n');
  process.exit(0);
});
process.on('disconnect', () => process.exit(0));
setInterval(() => undefined, 60_000);
process.send({ kind: 'ready' });
