// node stack-client.mjs <compiled source> <file with the options as JSON> <method of Stack>
// Prints {value} or {code, message}, and the lines of progress.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [compiled, optionsFile, method] = process.argv.slice(2);
const { createStack } = await import(pathToFileURL(join(compiled, 'src/adapters/stack/stack.js')).href);
const stack = createStack(JSON.parse(readFileSync(optionsFile, 'utf8')));
const lines = [];
const answer = await stack[method]((line) => lines.push(line)).then(
  (value) => ({ value }),
  ({ code, message }) => ({ code, message }),
);
console.log(JSON.stringify({ ...answer, lines }));
