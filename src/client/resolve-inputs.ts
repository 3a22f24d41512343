import type { InputDeclaration, WorkflowDefinition } from '../core/definition/definition.js';
import { RunError } from '../core/errors.js';
import { toText } from '../core/expression/output.js';
import { checkInputValue } from './limits.js';

/**
 * The inputs of a run: what was given, else the declared defaults. Optional ones without either are absent.
 * @throws RunError `INPUT_INVALID` with every fault: unknown, missing, too large
 */
export function resolveInputs(
  definition: WorkflowDefinition,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const declared = new Map(definition.inputs.map((input) => [input.name, input]));
  const names = [...declared.keys()].join(', ') || 'none';
  const faults: string[] = [];
  const inputs: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!declared.has(name))
      faults.push(`workflow ${definition.name} has no input ${name} (it has: ${names})`);
    faults.push(...checkInputValue(name, value));
    inputs[name] = value;
  }
  for (const input of definition.inputs) {
    if (Object.hasOwn(given, input.name)) continue;
    if (input.defaultValue !== undefined) inputs[input.name] = toText(input.defaultValue);
    else if (input.isRequired) faults.push(missing(input));
  }
  if (faults.length > 0) throw new RunError('INPUT_INVALID', faults.join('; '), { faults });
  return inputs;
}

function missing({ name, description }: InputDeclaration): string {
  const what = description === null ? '' : ` (${description})`;
  return `input ${name}${what} is missing: give --input ${name}=…`;
}
