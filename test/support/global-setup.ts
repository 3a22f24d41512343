import { execFile } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { tempPostgres } from './temp-postgres.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** File with the code of all workflows, or why there is none (`test/support/workflow-bundle.ts`). */
    workflowBundle: { readonly codePath: string } | { readonly problem: string };
  }
}

/** Once before all test files: what they share. Returns what is to be done after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [bundle, postgres] = await Promise.all([bundleWorkflows(), sharedPostgres()]);
  project.provide('workflowBundle', bundle);
  return postgres.stop;
}

function bundleWorkflows(): Promise<{ codePath: string } | { problem: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/house/workflow-bundle.mjs'], (error, stdout) =>
      resolve(error === null ? { codePath: stdout.trim() } : { problem: stdout.trim() || error.message }),
    );
  });
}

/** One server for all files that want databases of their own (`tempDatabases`); workers inherit its address. */
async function sharedPostgres(): Promise<{ readonly stop: () => Promise<void> }> {
  if (process.env['SIGNALBOX_TEST_DATABASE_URL'] !== undefined) return { stop: () => Promise.resolve() };
  const server = await tempPostgres();
  const url = new URL(await server.empty());
  url.pathname = '/postgres';
  process.env['SIGNALBOX_TEST_DATABASE_URL'] = url.href;
  return server;
}
