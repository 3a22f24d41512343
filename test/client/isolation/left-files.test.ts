import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leftFiles } from '../../../src/client/isolation/left-files.js';
import { tempDirectory } from '../../support/temp-directory.js';

it('what a run has left are the Markdown files of its artifacts, then those of its nodes', async () => {
  const root = tempDirectory();
  const artifacts = join(root, 'artifacts', 'runs', 'r1');
  mkdirSync(join(artifacts, 'nodes'), { recursive: true });
  mkdirSync(join(artifacts, 'folder.md'));
  for (const [name, text] of Object.entries({
    ...{ 'b.md': 'B', 'a.md': 'A', 'empty.md': '\n', 'data.json': '{}', 'nodes/plan.md': 'Plan' },
  })) {
    writeFileSync(join(artifacts, name), text);
  }
  expect(await leftFiles(root, 'r1')).toEqual([
    { name: 'a.md', text: 'A' },
    { name: 'b.md', text: 'B' },
    { name: 'nodes/plan.md', text: 'Plan' },
  ]);
  expect(await leftFiles(root, 'r2')).toEqual([]);
  expect(await leftFiles(null, 'r1')).toEqual([]);
});
