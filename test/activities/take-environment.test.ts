import { describe, expect, it } from 'vitest';
import { takeEnvironment } from '../../activities/take-environment.js';
import { makeFakeEnvironmentStore } from '../support/fake-environment-store.js';
import { aRequest } from '../support/run-stage.js';
import { aBashNode, aDefinition, nodeId } from '../support/builders.js';
import { aRunId } from '../support/subrun-shapes.js';
import { CALLER } from '../support/activity-stage.js';

const temporal = { temporalAddress: 'here', temporalNamespaceId: 'namespace' };
const definition = aDefinition([aBashNode('a')]);
const root = aRunId(1);
const link = {
  ...{ runId: root, temporalWorkflowId: 'run.x.y', nodeId: nodeId('sub'), index: null, hash: 'h' },
  ...{ ancestry: ['a'], inputValues: {}, root: null, environmentRunId: root },
} as const;

describe('the environment of a sub-run', () => {
  it('that has a box of its own is what the client has left for its root', async () => {
    const environment = makeFakeEnvironmentStore();
    const owner = { temporalNamespaceId: 'namespace', temporalWorkflowId: 'run.x.y' };
    await environment.save(root, { FOO: '1' }, owner);
    const request = aRequest(definition, { hasClientEnvironment: true, parent: link });
    await takeEnvironment({ environment, temporal }, request, CALLER);
    expect(await environment.load(request.runId)).toEqual({ FOO: '1' });
  });

  it('is nothing where the client has left none', async () => {
    const environment = makeFakeEnvironmentStore();
    const request = aRequest(definition, { parent: link });
    await takeEnvironment({ environment, temporal }, request, CALLER);
    expect(await environment.load(request.runId)).toBeNull();
  });
});
