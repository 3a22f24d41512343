import { inject } from 'vitest';

/** The worker's option `workflowBundle`: all workflows of the source tree, bundled once for all test files. */
export function workflowBundle(): { readonly codePath: string } {
  const bundle = inject('workflowBundle');
  if ('problem' in bundle) throw new Error(`the workflows cannot be bundled:\n${bundle.problem}`);
  return bundle;
}
