import { isJsonObject, type Json } from '../json.js';

/** A node that fails. */
export interface FailedStub {
  /** What it writes to standard error; by this text `retry` tells transient failures from others. */
  readonly fail: string;
  /** Default 1. */
  readonly exitCode?: number;
}

/** What stands in for the work of a node: a text is its output as it is, `{ fail }` a failure, all else JSON. */
export type StubValue = Json | FailedStub;

/** What the work of a node came to. */
export type Played =
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'failed'; readonly stderr: string; readonly exitCode: number };

export function playValue(value: StubValue): Played {
  if (isFailure(value)) return failedWith(value.fail, value.exitCode);
  return { kind: 'output', text: typeof value === 'string' ? value : JSON.stringify(value) };
}

export function failedWith(stderr: string, exitCode = 1): Played {
  return { kind: 'failed', stderr: stderr.trim(), exitCode };
}

/** What people read of it, in the words of a worker. @param label as `Bash node 'build'` */
export function failureMessage(
  label: string,
  { stderr, exitCode }: Extract<Played, { kind: 'failed' }>,
): string {
  return `${label} failed [exit ${exitCode}]: ${stderr === '' ? 'no diagnostic output' : stderr}`;
}

/** An object that has more than these two keys is an output like any other. */
function isFailure(value: StubValue): value is FailedStub {
  if (!isJsonObject(value) || typeof value['fail'] !== 'string') return false;
  const { exitCode } = value;
  const isPlain = Object.keys(value).every((key) => key === 'fail' || key === 'exitCode');
  return isPlain && (exitCode === undefined || typeof exitCode === 'number');
}
