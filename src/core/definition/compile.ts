import { isJsonObject } from '../json.js';
import { assemble } from './assemble.js';
import { checkGraph } from './check-graph.js';
import { checkReferences } from './check-references.js';
import type { Schedule, WorkflowDefinition } from './definition.js';
import type { Issue } from './issue.js';
import { Linker, type ParsedWorkflow } from './link.js';
import { readWorkflow } from './read-workflow.js';
import { readYaml, type TextSource } from './read-yaml.js';
import { show } from './report-faults.js';

export type { ParsedWorkflow } from './link.js';

export type Compilation =
  | {
      readonly kind: 'compiled';
      /** Put together when it is first asked for: of many files most are only looked at. */
      readonly definition: WorkflowDefinition;
      readonly warnings: readonly Issue[];
    }
  /** At least one error; warnings are among them. */
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/**
 * The text of the command file that a workflow's file names, for commands of included workflows; null: there is none.
 */
export type CommandTexts = (name: string, file: string) => string | null;

/**
 * Compiles one workflow file on its own, or tells everything that is wrong with it; whatever it includes is not
 * found. Never throws, and takes bounded time.
 */
export function compileDefinition(source: TextSource): Compilation {
  const parsed = parseWorkflow(source);
  const linked = new Linker(byName([parsed]), () => null).link(parsed);
  return finish(linked, 'layers');
}

/** Reads a workflow file and checks what can be told without the others. Never throws, and takes bounded time. */
export function parseWorkflow(source: TextSource): ParsedWorkflow {
  const { tree, issues } = readYaml(source);
  const { file } = source;
  if (tree === null) return { file, name: null, draft: null, issues };
  const { value } = tree;
  if (!isJsonObject(value)) {
    const message = `the file must hold a map of keys; it holds ${show(value)}`;
    const hint = 'begin with name, description and nodes';
    issues.error({ code: 'VALUE_INVALID', path: [], message, hint });
    return { file, name: null, draft: null, issues };
  }
  const draft = readWorkflow(value, issues);
  checkGraph(draft.nodes, issues);
  checkReferences(draft, issues);
  return { file, name: draft.name === '' ? null : draft.name, draft, issues };
}

/**
 * Compiles workflow files that may include each other, in the order given. Of several with one name the first is
 * what an include means: leave out those that do not count.
 * @param schedule of definitions that name none
 */
export function linkWorkflows(
  parsed: readonly ParsedWorkflow[],
  commands: CommandTexts,
  schedule: Schedule = 'layers',
): readonly Compilation[] {
  const linker = new Linker(byName(parsed), commands);
  return parsed.map((one) => finish(linker.link(one), schedule));
}

function byName(parsed: readonly ParsedWorkflow[]): ReadonlyMap<string, ParsedWorkflow> {
  const named = parsed.flatMap((one) => (one.name === null ? [] : [[one.name, one] as const]));
  return new Map(named.toReversed());
}

function finish({ draft, issues }: ReturnType<Linker['link']>, schedule: Schedule): Compilation {
  if (draft === null || issues.hasErrors) return { kind: 'refused', issues: issues.told() };
  let assembled: WorkflowDefinition | null = null;
  return {
    kind: 'compiled',
    get definition() {
      return (assembled ??= assemble(draft, schedule));
    },
    warnings: issues.told(),
  };
}
