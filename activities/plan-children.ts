import type { Activities, ChildProgram, PlanChildrenInput } from '../src/contract/activities.js';
import type { Library } from '../src/contract/start-request.js';
import type { Text, WorkflowDefinition } from '../src/core/definition/definition.js';
import { RunError } from '../src/core/errors.js';
import { withFormer } from '../src/core/subrun/former-children.js';
import { planChildren, referencesOf } from '../src/core/subrun/plan-children.js';
import { targetsOf } from '../src/core/subrun/targets.js';
import type { OutputTexts } from '../src/ports/output-texts.js';
import type { RunTable, TextStore } from '../src/ports/run-table.js';

export interface PlanChildrenPorts {
  readonly table: Pick<RunTable, 'children'>;
  readonly texts: Pick<TextStore, 'get'>;
  readonly outputTexts: OutputTexts;
}

/** With what the sub-runs of a node are started, as far as one answer holds. */
export const makePlanChildren =
  ({ table, texts, outputTexts }: PlanChildrenPorts): Activities['planChildren'] =>
  async ({ runId, target, library, task, scope, from, mayHaveFormer }) => {
    const program = await programOf(texts, library, target);
    const loaded = await outputTexts.load(scope, referencesOf(task));
    const { total, plans } = planChildren(task, program.definition, loaded, from);
    const records = mayHaveFormer ? await table.children(runId, task.id) : [];
    return { total, plans: withFormer(plans, from, records), program };
  };

/** The target, and the part of the library that it and its own sub-runs need. */
async function programOf(
  texts: PlanChildrenPorts['texts'],
  library: PlanChildrenInput['library'],
  target: string,
): Promise<ChildProgram> {
  const definition = await definitionOf(texts, library, target);
  const needed: Record<string, Text> = {};
  const open = [...targetsOf(definition)];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const text = Object.hasOwn(library, name) ? library[name] : undefined;
    if (text === undefined || Object.hasOwn(needed, name)) continue;
    needed[name] = text;
    open.push(...targetsOf(await definitionOf(texts, library, name)));
  }
  return { definition, library: needed };
}

async function definitionOf(
  texts: PlanChildrenPorts['texts'],
  library: Library,
  name: string,
): Promise<WorkflowDefinition> {
  const text = Object.hasOwn(library, name) ? library[name] : undefined;
  if (text === undefined) {
    throw new RunError(
      'NODE_FAILED',
      `workflow '${name}' was not known when the run was started; start a new run once it is`,
    );
  }
  // It was compiled by the client, and is checked again where it is started.
  return JSON.parse(text.kind === 'inline' ? text.text : await texts.get(text.sha256)) as WorkflowDefinition;
}
