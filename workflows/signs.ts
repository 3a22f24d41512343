import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { runTitle, SEARCH_ATTRIBUTES } from '../src/contract/memo.js';
import type { StartRequest } from '../src/contract/start-request.js';
import { runStatus } from '../src/core/run/run-status.js';
import { describeState, detailsOf } from './describe-run.js';
import type { LiveRun } from './live-run.js';

const STATUS = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, SearchAttributeType.KEYWORD);

export interface Signs {
  readonly show: () => void;
  /** Shows how the run ended; in the step that closes it, so that Temporal writes its visibility once. */
  readonly showEnd: () => void;
}

/** What an operator sees in the Web UI without asking: live details, and the status as a search attribute. */
export function makeSigns(request: StartRequest, run: LiveRun, startedAt: string): Signs {
  const title = runTitle(request);
  const hasStatus = request.searchAttributes.includes(SEARCH_ATTRIBUTES.status);
  let shownVersion = -1;
  let shownStatus = workflowInfo().typedSearchAttributes.get(STATUS);
  const showStatus = (): void => {
    const status = runStatus(run.state);
    if (!hasStatus || status === shownStatus) return;
    shownStatus = status;
    upsertSearchAttributes([{ key: STATUS, value: status }]);
  };
  return {
    show: () => {
      if (run.version === shownVersion) return;
      shownVersion = run.version;
      setCurrentDetails(detailsOf(title, describeState(run.definition, run.state, request, startedAt)));
      if (run.state.outcome === null || shownStatus === 'paused') showStatus();
    },
    showEnd: showStatus,
  };
}
