import { RunError } from '../../core/errors.js';

/**
 * `--input name=value`, any number of times.
 * @throws RunError `INPUT_INVALID` with every fault: no `=`, no name, a name twice
 */
export function parseInputs(pairs: readonly string[]): Readonly<Record<string, string>> {
  const inputs = new Map<string, string>();
  const faults: string[] = [];
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, equals));
    if (name === '') faults.push(`--input ${pair} is not of the form name=value`);
    else if (inputs.has(name)) faults.push(`input ${name} is given twice`);
    else inputs.set(name, pair.slice(equals + 1));
  }
  if (faults.length > 0) throw new RunError('INPUT_INVALID', faults.join('; '), { faults });
  return Object.fromEntries(inputs);
}
