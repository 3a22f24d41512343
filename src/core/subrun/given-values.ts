import type { InputDeclaration } from '../definition/definition.js';
import { RunError } from '../errors.js';
import { toText } from '../expression/output.js';
import type { Json, JsonObject } from '../json.js';

/** Inputs of a child: as what they are, and as the texts that nodes are given. */
export interface ChildInputs {
  readonly values: JsonObject;
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * The inputs of a child: what it is given, else what its workflow declares.
 * @throws RunError `INPUT_INVALID` with every fault
 */
export function childInputs(
  target: { readonly name: string; readonly inputs: readonly InputDeclaration[] },
  given: JsonObject,
): ChildInputs {
  const faults = faultsOf(target, given);
  if (faults.length > 0) throw new RunError('INPUT_INVALID', faults.join('; '), { faults });
  const values: Record<string, Json> = {};
  for (const { name, defaultValue } of target.inputs) {
    const value = Object.hasOwn(given, name) ? given[name] : defaultValue;
    if (value !== undefined) values[name] = value;
  }
  const texts = Object.entries(values).map(([name, value]) => [name, toText(value)] as const);
  return { values, texts: Object.fromEntries(texts) };
}

function faultsOf(
  target: { readonly name: string; readonly inputs: readonly InputDeclaration[] },
  given: JsonObject,
): readonly string[] {
  const declared = target.inputs.map(({ name }) => name);
  const known = declared.length === 0 ? 'none' : declared.join(', ');
  const unknown = Object.keys(given)
    .filter((name) => !declared.includes(name))
    .map((name) => `workflow ${target.name} has no input ${name} (it has: ${known})`);
  const missing = target.inputs
    .filter(({ name, isRequired }) => isRequired && !Object.hasOwn(given, name))
    .map(({ name }) => `workflow ${target.name} is not given its input ${name}`);
  return [...unknown, ...missing];
}
