import type { WorkflowDefinition } from './definition.js';
import type { Issue } from './issue.js';
import { readDefinition } from './read-definition.js';
import { readYaml, type TextSource } from './read-yaml.js';

export type Compilation =
  | {
      readonly kind: 'compiled';
      readonly definition: WorkflowDefinition;
      readonly warnings: readonly Issue[];
    }
  /** At least one error; warnings are among them. */
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** Compiles a workflow file, or tells everything that is wrong with it. Never throws, and takes bounded time. */
export function compileDefinition(source: TextSource): Compilation {
  const { tree, issues } = readYaml(source);
  const definition = tree === null ? null : readDefinition(tree, issues);
  return definition === null || issues.hasErrors
    ? { kind: 'refused', issues: issues.told() }
    : { kind: 'compiled', definition, warnings: issues.told() };
}
