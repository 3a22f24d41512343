import type { InputDeclaration } from './definition.js';
import type { IncludeFault } from './include-commands.js';

/**
 * What is wrong with the names of the inputs that a node gives to another workflow.
 * @param kind key of the node that names the workflow
 */
export function inputFaults(
  target: { readonly name: string; readonly inputs: readonly InputDeclaration[] },
  given: readonly string[],
  kind: 'include' | 'workflow',
): readonly IncludeFault[] {
  const declared = target.inputs.map(({ name }) => name);
  const unknown = given
    .filter((name) => !declared.includes(name))
    .map((name): IncludeFault => {
      const message = `the workflow '${target.name}' declares no input '${name}'`;
      const hint = declared.length === 0 ? 'remove it' : `it has ${declared.join(', ')}`;
      return { code: 'INPUT_UNKNOWN', path: ['with', name], message, hint };
    });
  const missing = target.inputs
    .filter(({ name, isRequired }) => isRequired && !given.includes(name))
    .map(({ name }): IncludeFault => {
      const message = `the workflow '${target.name}' needs the input '${name}'`;
      return { code: 'INPUT_MISSING', path: [kind], message, hint: `add with: {${name}: …}` };
    });
  return [...unknown, ...missing];
}
