// node supervise.mjs <compiled source> <file with the options as JSON>
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [compiled, optionsFile] = process.argv.slice(2);
const { runSupervisor } = await import(
  pathToFileURL(join(compiled, 'src/adapters/stack/supervisor.js')).href
);
const options = JSON.parse(readFileSync(optionsFile, 'utf8'));
const prepare = async (endpoints) => {
  appendFileSync(join(options.home, 'prepared'), `${JSON.stringify(endpoints)}\n`);
};
process.exitCode = await runSupervisor({ ...options, prepare });
