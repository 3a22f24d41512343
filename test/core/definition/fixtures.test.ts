import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { linkWorkflows, parseWorkflow } from '../../../src/core/definition/compile.js';
import { formatIssue } from '../../../src/core/definition/issue.js';

const FOLDER = new URL('../../fixtures/definitions/', import.meta.url);
/** Has keys that are deprecated, and includes a workflow that is written where it is tested. */
const OTHERS = ['every-key.yaml'];
/** Told on purpose: a condition that cannot be read, an input that another workflow writes into a text. */
const EXPECTED = ['CONDITION_UNREADABLE', 'REFERENCE_NOT_REPLACED', 'KEY_DEPRECATED'];

const parsed = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml') && !OTHERS.includes(file))
  .map((file) => parseWorkflow({ file, text: readFileSync(new URL(file, FOLDER)) }));

it.each(linkWorkflows(parsed, () => null).map((compiled, index) => [parsed[index]!.file, compiled] as const))(
  '%s compiles, as other files know it by its name',
  (file, compiled) => {
    const issues = compiled.kind === 'refused' ? compiled.issues : compiled.warnings;
    expect(issues.filter(({ code }) => !EXPECTED.includes(code)).map(formatIssue)).toEqual([]);
    expect(compiled.kind === 'compiled' && compiled.definition.name).toBe(file.replace('.yaml', ''));
  },
);
