import { inputVariable, isInputName } from '../expression/reference.js';
import { isJsonObject } from '../json.js';
import type { InputDeclaration } from './definition.js';
import { readMap } from './read-map.js';
import { reportFaults, show } from './report-faults.js';
import type { IssueList } from './source-document.js';

/**
 * Reads `inputs`. A declaration that is wrong does not count, as Archon has it; two that would share a variable
 * refuse the file.
 */
export function readInputs(source: unknown, issues: IssueList): readonly InputDeclaration[] {
  if (source === undefined) return [];
  if (!isJsonObject(source)) {
    const message = `'inputs' of the workflow must be a map of inputs; it is ${show(source)}`;
    issues.warning({
      code: 'VALUE_IGNORED',
      path: ['inputs'],
      message,
      hint: 'it does not count; write for example inputs: {branch: {default: main}}',
    });
    return [];
  }
  const inputs = Object.entries(source).flatMap(
    ([name, declaration]) => readInput(name, declaration, issues) ?? [],
  );
  checkVariables(inputs, issues);
  return inputs;
}

function readInput(name: string, source: unknown, issues: IssueList): InputDeclaration | null {
  const path = ['inputs', name];
  const ignore = (problem: string, hint: string): null => {
    issues.warning({
      code: 'INPUT_IGNORED',
      path,
      message: `the input '${name}' does not count: ${problem}`,
      hint,
      aim: 'key',
    });
    return null;
  };
  if (!isInputName(name))
    return ignore('its name is no name', 'begin with a letter or _, go on with letters, digits, _ and -');
  if (!isJsonObject(source))
    return ignore(`its declaration is ${show(source)}`, 'write for example {required: true}');
  const { fields, faults } = readMap('input', source);
  const wrong = faults.find(({ kind }) => kind !== 'unknown');
  const place = { map: 'input', path, label: `input '${name}'` } as const;
  reportFaults(
    place,
    source,
    faults.filter(({ kind }) => kind === 'unknown'),
    issues,
  );
  if (wrong !== undefined) return ignore(`'${wrong.path.join('.')}' ${wrong.message}`, 'mend it');
  const isRequired = fields.required === true;
  if (isRequired && fields.default !== undefined)
    return ignore('it is required and has a default', 'remove one of the two');
  const { default: defaultValue, description = null } = fields;
  return { name, isRequired, ...(defaultValue === undefined ? {} : { defaultValue }), description };
}

function checkVariables(inputs: readonly InputDeclaration[], issues: IssueList): void {
  const owners = new Map<string, string>();
  for (const { name } of inputs) {
    const variable = inputVariable(name);
    const owner = owners.get(variable);
    if (owner === undefined) owners.set(variable, name);
    else {
      const message = `the inputs '${owner}' and '${name}' would share the variable ${variable}`;
      issues.error({
        code: 'DUPLICATE_INPUT_VARIABLE',
        path: ['inputs', name],
        message,
        hint: 'rename one of them',
        aim: 'key',
      });
    }
  }
}
