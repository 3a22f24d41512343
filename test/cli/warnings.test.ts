import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import type { EventRecord } from '../../src/ports/run-table.js';
import { progressLine } from '../../src/cli/render/progress.js';
import { aRecord, NOW, runFake } from './fake-cli.js';

const EVENT: EventRecord = {
  id: 'e1',
  eventType: 'workflow_parse_warnings',
  nodeName: null,
  data: { workflowName: 'fix-issue', warnings: ['the path was\ntaken over', 7, 'and more'] },
  createdAt: NOW,
};

it('what a run as a whole was warned of is shown by get and by logs', async () => {
  const find = () => Promise.resolve(aRecord({ status: 'completed', outputRoot: tmpdir() }));
  const orchestrator = { find, events: () => Promise.resolve([EVENT]), children: () => Promise.resolve([]) };
  expect((await runFake(['get', '7c1f'], { orchestrator })).stdout).toContain(
    '\nnote       the path was taken over\nnote       and more\n',
  );
  const json = await runFake(['get', '7c1f', '--json'], { orchestrator });
  expect(JSON.parse(json.stdout)).toMatchObject({ warnings: ['the path was taken over', 'and more'] });
  expect((await runFake(['logs', '7c1f'], { orchestrator })).stderr).toBe(
    '! the path was taken over\n! and more\n',
  );
  expect(progressLine(EVENT)).toBe('! the path was taken over\n! and more');
});
