import { execFile } from 'node:child_process';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** File with the code of all workflows, or why there is none (`test/support/workflow-bundle.ts`). */
    workflowBundle: { readonly codePath: string } | { readonly problem: string };
  }
}

/** Once before all test files: what they share and only read. */
export default async function setup(project: TestProject): Promise<void> {
  const bundle = await new Promise<{ codePath: string } | { problem: string }>((resolve) => {
    execFile(process.execPath, ['scripts/house/workflow-bundle.mjs'], (error, stdout) =>
      resolve(error === null ? { codePath: stdout.trim() } : { problem: stdout.trim() || error.message }),
    );
  });
  project.provide('workflowBundle', bundle);
}
