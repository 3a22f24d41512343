import { mustRun, step, tool } from './step.mjs';

/** What is looked at before any test runs: quick, and each with the command that mends or shows it. */
const CHECKS = [
  {
    title: 'Format (prettier)',
    perform: () =>
      tool('prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.'], { next: 'npm run format' }),
  },
  {
    title: 'Types (tsc)',
    perform: () =>
      tool('typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.json'], {
        next: 'npm run types, after mending what it names',
      }),
  },
  {
    title: 'Rooms, sizes, promises (eslint)',
    perform: () =>
      tool('eslint/bin/eslint.js', ['--max-warnings=0', '.'], {
        next: 'npm run lint, after mending what it names',
      }),
  },
  {
    title: 'Dead code (knip)',
    perform: () =>
      tool('knip/bin/knip.js', ['--no-progress'], {
        next: 'npm run deadcode, after removing what nobody uses',
      }),
  },
  {
    title: 'Generated schema',
    perform: () =>
      mustRun(process.execPath, ['scripts/generate-schema.mjs', '--check'], {
        next: 'node scripts/generate-schema.mjs, and commit schema/workflow.json',
      }),
  },
];

/**
 * Runs the checks in order; the first that fails ends them.
 * @returns how many passed
 */
export async function runChecks() {
  for (const { title, perform } of CHECKS) await step(title, perform);
  return CHECKS.length;
}
