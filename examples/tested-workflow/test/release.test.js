import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testWorkflow } from 'signalbox/testing';

const FILE = new URL('../.archon/workflows/release.yaml', import.meta.url);

/** What the nodes give out when all is well. */
const nodes = {
  build: { version: '1.4.0' },
  checks: 'all 12 checks passed',
  publish: 'published',
  keep: '',
  tidy: '',
};

test('what a reviewer approves is published', async () => {
  const run = await testWorkflow(FILE, { nodes });
  assert.deepEqual(run.warnings, []);
  assert.equal(run.status, 'paused');
  assert.equal(run.waitingGates[0].message, 'Publish 1.4.0?\nall 12 checks passed\n');
  await run.decide('review', 'approve', { by: 'ann' });
  assert.equal(run.outcome.status, 'completed');
  assert.equal(run.node('keep').skipReason, 'when_condition');
});

test('it goes to the channel that was asked for', async () => {
  const run = await testWorkflow(FILE, { nodes, inputs: { channel: 'stable' } });
  await run.decide('review', 'approve');
  assert.equal(run.node('publish').calls[0].environment.INPUTS_CHANNEL, 'stable');
});

test('what is kept for later keeps the words of its reviewer, quotes and all', async () => {
  const run = await testWorkflow(FILE, { nodes });
  await run.decide('review', 'later', { text: "not on a Friday; don't" });
  const [{ script }] = run.node('keep').calls;
  assert.match(script, /not on a Friday/);
  assert.equal(run.node('publish').status, 'skipped');
  assert.equal(run.outcome.status, 'completed');
});

test('a week without an answer fails the release, and tidies up', async () => {
  const run = await testWorkflow(FILE, { nodes });
  await run.skip('6 days');
  assert.equal(run.status, 'paused');
  await run.skip('1 day');
  assert.equal(run.outcome.status, 'failed');
  assert.match(run.node('review').error, /was not decided/);
  assert.equal(run.node('tidy').status, 'completed');
});

test('a busy registry is tried again, and a broken build is not', async () => {
  const busy = ({ attempt }) => (attempt < 3 ? { fail: 'npm ERR! 503' } : nodes.build);
  const patient = await testWorkflow(FILE, { nodes: { ...nodes, build: busy } });
  assert.equal(patient.status, 'paused');
  assert.equal(patient.node('build').calls.length, 3);
  await patient.close();

  const broken = await testWorkflow(FILE, { nodes: { ...nodes, build: { fail: 'syntax error' } } });
  assert.equal(broken.outcome.status, 'failed');
  assert.equal(broken.node('build').calls.length, 1);
  assert.equal(broken.node('review').skipReason, 'trigger_rule');
});
