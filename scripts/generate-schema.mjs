// Writes schema/workflow.json, with which editors check workflow files, from the schema that the compiler itself
// reads them with. --check writes nothing and fails when the file is not what it would write. Needs a build.
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

const FILE = new URL('../schema/workflow.json', import.meta.url);
const COMPILED = new URL('../dist/src/core/definition/yaml-schema.js', import.meta.url);

const [flag, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (flag !== undefined && flag !== '--check')) {
  console.error('usage: node scripts/generate-schema.mjs [--check]');
  process.exit(64);
}

const { jsonSchema } = await import(COMPILED.href);
const style = await resolveConfig(FILE.pathname);
const schema = await format(JSON.stringify(jsonSchema()), { ...style, parser: 'json' });
const current = await readFile(FILE, 'utf8').catch(() => null);

if (flag === undefined) {
  await writeFile(FILE, schema);
  console.log('schema/workflow.json written');
} else if (current !== schema) {
  console.error(
    'schema/workflow.json is not what the schema of the language makes; run node scripts/generate-schema.mjs',
  );
  process.exitCode = 1;
}
