import type { FanOut, RetryPolicy, Text } from './definition.js';
import type { DraftBody } from './draft.js';
import type { IssuePath } from './issue.js';
import type { IssueList } from './source-document.js';
import type { FieldsOf } from './yaml-schema.js';

const DEFAULT_PROGRAM_TIMEOUT_MS = 120_000;
const DEFAULT_RETRY_DELAY_MS = 3_000;
const DEFAULT_REWORKS = 3;
const DEFAULT_PARALLEL = 5;
/** What no name of a script file contains. */
const IS_PROGRAM = /[\n;(){}&|<>$\\"'` ]/;

type Fields = FieldsOf<'node'>;

/** Where a node stands, and how it is called. */
export interface BodyPlace {
  readonly path: IssuePath;
  readonly label: string;
  readonly issues: IssueList;
}

/** Reads what a node of one kind does; null: it cannot be read, which has been told. */
export type KindReader = (fields: Fields, place: BodyPlace) => DraftBody | null;

export const readBash: KindReader = ({ bash, timeout, retry }) => {
  if (bash === undefined) return null;
  return { kind: 'bash', script: inline(bash), timeoutMs: timeoutOf(timeout), retry: readRetry(retry) };
};

export const readScript: KindReader = (fields, { path, label, issues }) => {
  const { script, runtime, deps = [], timeout, retry } = fields;
  if (runtime === undefined && script !== undefined) {
    const message = `${label} has no 'runtime'`;
    const hint = 'add runtime: bun (TypeScript, JavaScript) or runtime: uv (Python)';
    issues.error({ code: 'KEY_MISSING', path, message, hint });
  }
  if (script === undefined || runtime === undefined) return null;
  if (runtime === 'bun' && deps.length > 0) {
    const message = "'deps' has no effect on the runtime 'bun'";
    const hint = 'import from node_modules, or remove it';
    issues.warning({ code: 'KEY_IGNORED', path: [...path, 'deps'], message, hint, aim: 'key' });
  }
  const isInline = IS_PROGRAM.test(script);
  return {
    kind: 'script',
    source: isInline ? { kind: 'inline', text: inline(script) } : { kind: 'named', name: script },
    runtime,
    deps: runtime === 'uv' ? deps : [],
    timeoutMs: timeoutOf(timeout),
    retry: readRetry(retry),
  };
};

export const readApproval: KindReader = ({ approval, timeout }, place) => {
  if (approval === undefined) return null;
  const { on_reject: rework } = approval;
  const decisions = approval.decisions?.map(({ id, label }) => ({ id, label: label ?? null })) ?? null;
  reportOlderKeys(approval, place);
  return {
    kind: 'approval',
    message: inline(approval.message),
    decisions,
    captureResponse: approval.capture_response === true && decisions === null,
    timeoutMs: timeout === undefined ? null : Math.ceil(timeout),
    ...(rework === undefined || decisions !== null
      ? {}
      : { onReject: { prompt: inline(rework.prompt), maxAttempts: rework.max_attempts ?? DEFAULT_REWORKS } }),
  };
};

/** Tells the keys of gates that `decisions` has followed. */
function reportOlderKeys(approval: NonNullable<Fields['approval']>, { path, issues }: BodyPlace): void {
  for (const key of ['capture_response', 'on_reject'] as const) {
    if (approval[key] === undefined) continue;
    const at = { path: [...path, 'approval', key], aim: 'key' } as const;
    if (approval.decisions === undefined) {
      const hint = 'declare decisions; the output then holds decision and text';
      issues.warning({ code: 'KEY_DEPRECATED', ...at, message: `'${key}' is deprecated`, hint });
    } else if (key === 'capture_response') {
      const message = "'approval.capture_response' has no effect on a gate with decisions";
      issues.warning({ code: 'KEY_IGNORED', ...at, message, hint: 'remove it' });
    } else {
      const message = "a gate has either 'decisions' or 'on_reject'";
      issues.error({ code: 'KEYS_EXCLUSIVE', ...at, message, hint: 'remove on_reject' });
    }
  }
}

export const readCancel: KindReader = ({ cancel }) =>
  cancel === undefined ? null : { kind: 'cancel', reason: inline(cancel) };

export const readSubrun: KindReader = (fields, place) => {
  const { workflow, input, isolation, fan_out: fanOut } = fields;
  if (workflow === undefined) return null;
  checkInput(fields, place);
  return {
    kind: 'workflow',
    target: workflow,
    input: input ?? '',
    isolation: isolation ?? 'inherit',
    fanOut: fanOut === undefined ? null : readFanOut(fanOut),
  };
};

function readFanOut({ items, as, max_parallel, join }: NonNullable<Fields['fan_out']>): FanOut {
  return { items, as: as ?? null, maxParallel: max_parallel ?? DEFAULT_PARALLEL, join: join ?? 'all_done' };
}

function checkInput({ input, with: values, fan_out: fanOut }: Fields, { path, issues }: BodyPlace): void {
  if (input === undefined) return;
  const at = { path: [...path, 'input'], aim: 'key' } as const;
  if (values !== undefined) {
    const message = "a sub-run is given either 'input' or 'with'";
    const hint = 'declare an input for it, and use with';
    issues.error({ code: 'KEYS_EXCLUSIVE', ...at, message, hint });
  } else if (fanOut !== undefined && fanOut.as === undefined) {
    const message = "'input' has no effect where each item is the message of its sub-run";
    const hint = 'name an input for the item with fan_out.as';
    issues.warning({ code: 'KEY_IGNORED', ...at, message, hint });
  }
}

export function inline(text: string): Text {
  return { kind: 'inline', text };
}

export function readRetry(retry: Fields['retry']): RetryPolicy | null {
  if (retry === undefined) return null;
  return {
    maxAttempts: retry.max_attempts,
    delayMs: Math.round(retry.delay_ms ?? DEFAULT_RETRY_DELAY_MS),
    onError: retry.on_error ?? 'transient',
  };
}

function timeoutOf(timeout: number | undefined): number {
  return timeout === undefined ? DEFAULT_PROGRAM_TIMEOUT_MS : Math.ceil(timeout);
}
