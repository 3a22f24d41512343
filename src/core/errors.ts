/**
 * Every code that a person or a program can meet, with what follows from it. A code is for ever: it is
 * Temporal's failure `type`, it stands in tables, logs and `--json`, and scripts test it.
 * `retry`: may the same thing be tried again unchanged. `exitCode`: what the command line ends with.
 */
export const ERROR_CODES = {
  ACCOUNT_REQUIRED: { retry: false, exitCode: 69 },
  ACTIVITY_OUTSIDE_RUN: { retry: false, exitCode: 1 },
  AGENT_UNSUPPORTED: { retry: false, exitCode: 65 },
  ARTIFACT_UNWRITABLE: { retry: false, exitCode: 1 },
  CONFIG_INVALID: { retry: false, exitCode: 64 },
  CONTAINMENT_TOO_WEAK: { retry: false, exitCode: 69 },
  CONTRACT_TOO_NEW: { retry: false, exitCode: 69 },
  DATABASE_UNREACHABLE: { retry: true, exitCode: 69 },
  DECISION_ALREADY_MADE: { retry: false, exitCode: 1 },
  DECISION_UNDECLARED: { retry: false, exitCode: 64 },
  DEFINITION_INVALID: { retry: false, exitCode: 65 },
  DOCTOR_FOUND_FAULTS: { retry: false, exitCode: 69 },
  ENVIRONMENT_UNREADABLE: { retry: false, exitCode: 1 },
  ENVIRONMENT_UNWRITABLE: { retry: true, exitCode: 69 },
  EVENT_FOR_UNKNOWN_NODE: { retry: false, exitCode: 1 },
  EVIDENCE_MISSING: { retry: false, exitCode: 1 },
  FENCED: { retry: false, exitCode: 75 },
  FILE_EXISTS: { retry: false, exitCode: 64 },
  GATE_AMBIGUOUS: { retry: false, exitCode: 64 },
  GATE_NOT_WAITING: { retry: false, exitCode: 1 },
  GATE_TIMED_OUT: { retry: false, exitCode: 1 },
  HOST_ID_INVALID: { retry: false, exitCode: 69 },
  HOST_ID_NOT_UNIQUE: { retry: false, exitCode: 69 },
  INPUT_INVALID: { retry: false, exitCode: 64 },
  INTERNAL: { retry: false, exitCode: 1 },
  INTERRUPTED: { retry: false, exitCode: 130 },
  LEASE_HELD: { retry: false, exitCode: 75 },
  LOOP_EXHAUSTED: { retry: false, exitCode: 1 },
  MESSAGE_INVALID: { retry: false, exitCode: 64 },
  NODE_FAILED: { retry: false, exitCode: 1 },
  NODE_INTERRUPTED: { retry: true, exitCode: 1 },
  NODE_TIMED_OUT: { retry: false, exitCode: 1 },
  NODE_UNSTARTABLE: { retry: false, exitCode: 1 },
  NOTHING_TO_RELEASE: { retry: false, exitCode: 1 },
  NOT_CONFIRMED: { retry: false, exitCode: 64 },
  NOT_THE_HOLDER: { retry: false, exitCode: 64 },
  OUTPUT_INVALID: { retry: false, exitCode: 1 },
  PATH_HELD_BY_ARCHON: { retry: false, exitCode: 75 },
  PATH_IN_USE: { retry: true, exitCode: 75 },
  PATH_NOT_ABSOLUTE: { retry: false, exitCode: 64 },
  PATH_STILL_OCCUPIED: { retry: true, exitCode: 75 },
  PULL_REQUESTS_UNREACHABLE: { retry: true, exitCode: 69 },
  QUEUE_FULL: { retry: true, exitCode: 75 },
  REFERENCE_UNRESOLVED: { retry: false, exitCode: 1 },
  RUNTIME_MISSING: { retry: false, exitCode: 69 },
  RUN_CANCELLED: { retry: false, exitCode: 1 },
  RUN_CLOSED: { retry: false, exitCode: 1 },
  RUN_ELSEWHERE: { retry: false, exitCode: 1 },
  RUN_FAILED: { retry: false, exitCode: 1 },
  RUN_ID_AMBIGUOUS: { retry: false, exitCode: 64 },
  RUN_ID_REUSED: { retry: false, exitCode: 1 },
  RUN_NOT_FOUND: { retry: false, exitCode: 64 },
  RUN_NOT_RESUMABLE: { retry: false, exitCode: 1 },
  RUN_TABLE_UNREACHABLE: { retry: true, exitCode: 69 },
  SOURCE_ALTERED: { retry: false, exitCode: 1 },
  SOURCE_UNREADABLE: { retry: false, exitCode: 65 },
  STACK_DIRECTORY_UNUSABLE: { retry: false, exitCode: 69 },
  STACK_DISK_FULL: { retry: false, exitCode: 69 },
  STACK_NOT_OURS: { retry: false, exitCode: 69 },
  STACK_NO_ACCOUNT: { retry: false, exitCode: 69 },
  STACK_PART_FAILED: { retry: false, exitCode: 69 },
  STACK_PORTS_TAKEN: { retry: true, exitCode: 69 },
  STACK_PROGRAM_MISSING: { retry: false, exitCode: 69 },
  STACK_RESOURCES_EXHAUSTED: { retry: true, exitCode: 69 },
  STACK_SETTINGS_DIFFER: { retry: false, exitCode: 69 },
  STACK_SUPERVISOR_LOST: { retry: true, exitCode: 69 },
  START_REQUEST_INVALID: { retry: false, exitCode: 1 },
  START_REQUEST_TOO_LARGE: { retry: false, exitCode: 65 },
  STUB_MISSING: { retry: false, exitCode: 1 },
  TEMPORAL_UNREACHABLE: { retry: true, exitCode: 69 },
  TEXT_NOT_STORED: { retry: true, exitCode: 1 },
  USAGE: { retry: false, exitCode: 64 },
  WAIT_TIMED_OUT: { retry: true, exitCode: 75 },
  WORKER_UNAVAILABLE: { retry: true, exitCode: 69 },
  WORKFLOW_AMBIGUOUS: { retry: false, exitCode: 64 },
  WORKFLOW_NOT_FOUND: { retry: false, exitCode: 64 },
  WORKING_PATH_INVALID: { retry: false, exitCode: 64 },
  WORKTREE_FAILED: { retry: false, exitCode: 1 },
  WRONG_HOST: { retry: false, exitCode: 1 },
  WRONG_WORKFLOW_ID: { retry: false, exitCode: 1 },
  WRONG_WORKING_PATH: { retry: false, exitCode: 1 },
} as const satisfies Record<string, { readonly retry: boolean; readonly exitCode: number }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** JSON-safe facts that travel beside the sentence: a holder, a list of issues, a path. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * A failure that somebody is told about.
 * `message` is one or two sentences: what was met, and what to do. `details` is for programs.
 */
export class RunError extends Error {
  override readonly name = 'RunError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}
