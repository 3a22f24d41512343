import type { OpenedRun } from '../src/contract/activities.js';
import type { StartRequest } from '../src/contract/start-request.js';
import { inputVariable } from '../src/core/expression/reference.js';

/** Where documents are unless a config says otherwise. */
const DEFAULT_DOCS_DIR = 'docs/';

/** What the language's `$NAMES` stand for in a run. */
export interface RunVariables {
  readonly artifactsDir: string;
  readonly logDir: string;
  readonly baseBranch: string;
  /** By name, without `$`. */
  readonly values: Readonly<Record<string, string>>;
}

export function runVariables(request: StartRequest, opened: OpenedRun): RunVariables {
  return {
    artifactsDir: opened.artifactsDir,
    logDir: opened.logDir,
    baseBranch: opened.baseBranch,
    values: {
      WORKFLOW_ID: request.runId,
      ARTIFACTS_DIR: opened.artifactsDir,
      STATE_DIR: opened.stateDir,
      BASE_BRANCH: opened.baseBranch,
      DOCS_DIR: request.docsPath ?? DEFAULT_DOCS_DIR,
    },
  };
}

/** Variables of the language in a node's environment. Texts that belong to loops and context are empty here. */
export function nodeEnvironment(request: StartRequest, variables: RunVariables): Record<string, string> {
  const { WORKFLOW_ID = '', ARTIFACTS_DIR = '', STATE_DIR = '', BASE_BRANCH = '' } = variables.values;
  const inputs = Object.entries(request.inputs).map(([name, value]) => [inputVariable(name), value] as const);
  return {
    ...Object.fromEntries(inputs),
    WORKFLOW_ID,
    ARTIFACTS_DIR,
    STATE_DIR,
    BASE_BRANCH,
    LOG_DIR: variables.logDir,
    USER_MESSAGE: request.message,
    ARGUMENTS: request.message,
    LOOP_USER_INPUT: '',
    LOOP_PREV_OUTPUT: '',
    REJECTION_REASON: '',
    CONTEXT: '',
    EXTERNAL_CONTEXT: '',
    ISSUE_CONTEXT: '',
  };
}
