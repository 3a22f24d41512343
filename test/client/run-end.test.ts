import { WorkflowFailedError } from '@temporalio/client';
import { TerminatedFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { runEnd } from '../../src/client/run-end.js';
import { anArchonRun } from '../ports/run-table.contract.js';

describe('the end of a run that was terminated in Temporal', () => {
  const cause = new TerminatedFailure('Requested from CLI by me');
  const failure = new WorkflowFailedError('Workflow execution terminated', cause, 'MAXIMUM_ATTEMPTS_REACHED');
  const record = anArchonRun({ status: 'running' });

  it('is a cancellation before its row knows, too', () => {
    expect(runEnd(record.runId, { failure }, record)).toMatchObject({
      status: 'cancelled',
      error: {
        code: 'RUN_CANCELLED',
        message: 'the run was terminated in Temporal: Requested from CLI by me',
      },
    });
  });

  it('is told as its row tells it', () => {
    const cancellation = { by: 'ann', reason: 'terminated in Temporal: no need' };
    const told = { ...record, status: 'cancelled', metadata: { signalbox: { cancellation } } };
    expect(runEnd(record.runId, { failure }, told).error?.message).toBe(
      'the run was cancelled by ann: terminated in Temporal: no need',
    );
  });
});
