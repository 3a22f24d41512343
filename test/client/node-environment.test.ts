import { describe, expect, it } from 'vitest';
import { configRefused, nodeEnvironment, requireAccounts } from '../../src/client/node-environment.js';
import { readConfigFile } from '../../src/core/project-config/read-config.js';
import { aBashNode, aDefinition } from '../support/builders.js';

const config = (environment: Record<string, string>) => ({ environment });

describe('the environment of nodes', () => {
  it("is the caller's, with the config's variables over it", () => {
    expect(nodeEnvironment({ A: 'caller', B: 'caller' }, config({ B: 'config' }))).toEqual({
      variables: { A: 'caller', B: 'config' },
      isOverWorkers: false,
    });
  });

  it("is the worker's where the caller gives none, with the config's variables over it", () => {
    expect(nodeEnvironment(undefined, config({ B: 'config' }))).toEqual({
      variables: { B: 'config' },
      isOverWorkers: true,
    });
    expect(nodeEnvironment(undefined, config({}))).toBeNull();
  });
});

it('a config that is refused where issues are not shown one by one says file, line and what to do', () => {
  const reading = readConfigFile({ file: 'config.yaml', text: 'docs: 1\nenv: 2\n' }, 'project');
  const issues = reading.kind === 'refused' ? reading.issues : [];
  expect(configRefused(issues)).toMatchObject({
    code: 'DEFINITION_INVALID',
    message: expect.stringMatching(
      /config\.yaml:1:7 error VALUE_INVALID .*\n.*config\.yaml:2:6 error VALUE_INVALID/,
    ),
  });
});

describe('a workflow that requires an account', () => {
  const definition = aDefinition([aBashNode('a')], { requires: ['github'] });
  const refused = expect.objectContaining({ code: 'ACCOUNT_REQUIRED', details: { account: 'github' } });

  it.each([[{}], [{ GH_TOKEN: '' }], [{ GITLAB_TOKEN: 'x' }]])('is refused with %j', (variables) => {
    expect(() => {
      requireAccounts(definition, { variables, isOverWorkers: false });
    }).toThrow(refused);
  });

  it.each([[{ GH_TOKEN: 'x' }], [{ GITHUB_TOKEN: 'x' }]])('is let in with %j', (variables) => {
    expect(() => {
      requireAccounts(definition, { variables, isOverWorkers: false });
    }).not.toThrow();
  });

  it("is let in where the worker's variables cannot be seen", () => {
    for (const environment of [null, { variables: {}, isOverWorkers: true }]) {
      expect(() => {
        requireAccounts(definition, environment);
      }).not.toThrow();
    }
  });
});
