import { describe, expect, it } from 'vitest';
import type { OpenedRun } from '../../src/contract/activities.js';
import { nodeEnvironment, runVariables } from '../../workflows/run-variables.js';
import { aBashNode, aDefinition } from '../support/builders.js';
import { aRequest } from '../support/run-stage.js';

const OPENED: OpenedRun = {
  ...{ epoch: '1', fenceToken: 'token', refusal: null, outputRoot: '/out' },
  ...{
    artifactsDir: '/out/artifacts/runs/7',
    stateDir: '/out/state',
    logDir: '/out/logs',
    baseBranch: 'main',
  },
};

const request = aRequest(aDefinition([aBashNode('a')]), {
  message: 'fix it',
  inputs: { 'dry-run': 'true', Ticket: 'T-1' },
});

describe('the variables of the language', () => {
  it('stand in texts for the run, its directories, its base branch and its documents', () => {
    expect(runVariables(request, OPENED).values).toEqual({
      WORKFLOW_ID: request.runId,
      ARTIFACTS_DIR: '/out/artifacts/runs/7',
      STATE_DIR: '/out/state',
      BASE_BRANCH: 'main',
      DOCS_DIR: 'docs/',
    });
    const elsewhere = runVariables({ ...request, docsPath: 'manual/' }, OPENED);
    expect(elsewhere.values['DOCS_DIR']).toBe('manual/');
  });

  it('are in the environment of nodes, with its inputs; there is none for documents, but one for logs', () => {
    expect(nodeEnvironment(request, runVariables(request, OPENED))).toEqual({
      WORKFLOW_ID: request.runId,
      ARTIFACTS_DIR: '/out/artifacts/runs/7',
      STATE_DIR: '/out/state',
      BASE_BRANCH: 'main',
      LOG_DIR: '/out/logs',
      ...{ USER_MESSAGE: 'fix it', ARGUMENTS: 'fix it' },
      ...{ LOOP_USER_INPUT: '', LOOP_PREV_OUTPUT: '', REJECTION_REASON: '' },
      ...{ CONTEXT: '', EXTERNAL_CONTEXT: '', ISSUE_CONTEXT: '' },
      ...{ INPUTS_DRY_RUN: 'true', INPUTS_TICKET: 'T-1' },
    });
  });
});
