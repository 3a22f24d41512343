import { expect, it } from 'vitest';
import { bundledFolder } from '../../../src/adapters/files/bundled-folder.js';
import { discover } from '../../../src/client/discover.js';

it('what is shipped is in order, and needs no agent', async () => {
  const nowhere = '/nonexistent';
  const found = await discover({ root: nowhere, archonHome: nowhere, bundled: bundledFolder() });
  expect(found.discovery.errors).toEqual([]);
  expect(found.workflows.map(({ workflow }) => workflow.name)).toEqual([
    'signalbox-changes',
    'signalbox-checks',
    'signalbox-release',
  ]);
  for (const { workflow, definition } of found.workflows) {
    expect(workflow).toMatchObject({ scope: 'bundled', warnings: [] });
    const kinds = new Set(definition.nodes.map(({ kind }) => kind));
    expect([...kinds].filter((kind) => !['bash', 'approval'].includes(kind))).toEqual([]);
  }
});
